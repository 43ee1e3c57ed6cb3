using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>libtorch's <c>ProcessGroupGloo</c>: collectives over the processor's memory. Every process calls the same ones in the same order.</summary>
public sealed unsafe class GlooGroup : IDisposable
{
    private nint _handle;

    private GlooGroup(nint handle) => _handle = handle;

    /// <summary>Connects every process with every other.</summary>
    /// <param name="store">Where they tell each other their addresses.</param>
    /// <param name="prefix">Of the group's keys in it.</param>
    /// <param name="rank">This process, from 0.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="networkInterface">The network interface the others reach this process by; empty for that of the machine's name.</param>
    /// <param name="limit">How long a collective may take.</param>
    /// <exception cref="MttException">This libtorch was built without Gloo's headers.</exception>
    /// <exception cref="TorchException">A process cannot be reached.</exception>
    public static GlooGroup Open(
        TcpStore store,
        string prefix,
        int rank,
        int size,
        string networkInterface,
        TimeSpan limit
    )
    {
        var open = (delegate* unmanaged<nint, byte*, int, int, byte*, long, nint*, int>)TcpStore.Find("mtt_gloo_open");
        nint handle;
        fixed (byte* keys = Encoding.UTF8.GetBytes(prefix + '\0'))
        fixed (byte* by = Encoding.UTF8.GetBytes(networkInterface + '\0'))
        {
            NativeApi.Check(
                open(store.Handle, keys, rank, size, by, (long)limit.TotalMilliseconds, &handle),
                "ProcessGroupGloo"
            );
        }

        return new GlooGroup(handle);
    }

    /// <summary>Puts the sum over all processes in place of each one's values, the same bits everywhere.</summary>
    public void AllReduce(torch.Tensor tensor) =>
        NativeApi.Check(
            ((delegate* unmanaged<nint, nint, int>)TcpStore.Find("mtt_gloo_all_reduce"))(_handle, tensor.Handle),
            "all_reduce"
        );

    /// <summary>Puts the first process' values in place of every other's.</summary>
    public void Broadcast(torch.Tensor tensor) =>
        NativeApi.Check(
            ((delegate* unmanaged<nint, nint, int>)TcpStore.Find("mtt_gloo_broadcast"))(_handle, tensor.Handle),
            "broadcast"
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle != 0)
        {
            ((delegate* unmanaged<nint, void>)TcpStore.Find("mtt_gloo_free"))(_handle);
            _handle = 0;
        }
    }
}

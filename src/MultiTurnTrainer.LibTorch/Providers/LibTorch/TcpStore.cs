using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// libtorch's <c>TCPStore</c>: keys and values that several processes share. One of them serves it, or torchrun's agent does. A call
/// holds the connection until it is answered, so who must not wait for another thread's call opens a store of its own.
/// </summary>
public sealed unsafe class TcpStore : IDisposable
{
    private TcpStore(nint handle) => Handle = handle;

    /// <summary>The native <c>c10d::TCPStore</c>.</summary>
    internal nint Handle { get; private set; }

    /// <summary>Serves a store, or connects to one.</summary>
    /// <param name="host">The machine that serves.</param>
    /// <param name="port">The port.</param>
    /// <param name="serves">Whether it is this process that serves.</param>
    /// <param name="limit">How long a client tries to connect, and then how long a call waits for its answer.</param>
    /// <exception cref="MttException">This libtorch has no process groups.</exception>
    /// <exception cref="TorchException">The port is taken, or nobody serves there.</exception>
    public static TcpStore Open(string host, int port, bool serves, TimeSpan limit)
    {
        var open = (delegate* unmanaged<byte*, int, int, long, nint*, int>)Find("mtt_store_open");
        nint handle;
        fixed (byte* name = Encoding.UTF8.GetBytes(host + '\0'))
        {
            NativeApi.Check(open(name, port, serves ? 1 : 0, (long)limit.TotalMilliseconds, &handle), "TCPStore");
        }

        return new TcpStore(handle);
    }

    /// <summary>How long a call waits for its answer from now on.</summary>
    public void Limit(TimeSpan limit) =>
        NativeApi.Check(
            ((delegate* unmanaged<nint, long, int>)Find("mtt_store_timeout"))(Handle, (long)limit.TotalMilliseconds),
            "TCPStore"
        );

    /// <summary>Sets a value.</summary>
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        var set = (delegate* unmanaged<nint, byte*, byte*, long, int>)Find("mtt_store_set");
        fixed (byte* name = Encoding.UTF8.GetBytes(key + '\0'))
        fixed (byte* bytes = value)
        {
            NativeApi.Check(set(Handle, name, bytes, value.Length), "TCPStore.set");
        }
    }

    /// <summary>A key's value; waits until it has one.</summary>
    /// <exception cref="TorchException">Whoever serves is gone, or the limit is over.</exception>
    public byte[] Get(string key)
    {
        var get = (delegate* unmanaged<nint, byte*, nint*, int>)Find("mtt_store_get");
        nint bytes;
        fixed (byte* name = Encoding.UTF8.GetBytes(key + '\0'))
        {
            NativeApi.Check(get(Handle, name, &bytes), "TCPStore.get");
        }

        using torch.Tensor value = torch.Tensor.OwnOrNull(bytes)!;
        return value.data<byte>().ToArray();
    }

    /// <summary>Whether a key has a value.</summary>
    public bool Has(string key)
    {
        var has = (delegate* unmanaged<nint, byte*, int*, int>)Find("mtt_store_has");
        int found;
        fixed (byte* name = Encoding.UTF8.GetBytes(key + '\0'))
        {
            NativeApi.Check(has(Handle, name, &found), "TCPStore.check");
        }

        return found != 0;
    }

    /// <summary>Removes a key and its value.</summary>
    public void Remove(string key)
    {
        var remove = (delegate* unmanaged<nint, byte*, int>)Find("mtt_store_remove");
        fixed (byte* name = Encoding.UTF8.GetBytes(key + '\0'))
        {
            NativeApi.Check(remove(Handle, name), "TCPStore.deleteKey");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Handle != 0)
        {
            ((delegate* unmanaged<nint, void>)Find("mtt_store_free"))(Handle);
            Handle = 0;
        }
    }

    /// <summary>A function of Cpp/distributed.h.</summary>
    /// <exception cref="MttException">The native part was built without it.</exception>
    internal static nint Find(string function) =>
        NativeApi.Symbol(function) is not 0 and nint found
            ? found
            : throw new MttException(
                $"the libtorch in {NativeApi.Installation!.Libraries} has no headers of its process groups ({function})",
                "Install libgloo-dev beside libtorch-dev, or train in one process."
            );
}

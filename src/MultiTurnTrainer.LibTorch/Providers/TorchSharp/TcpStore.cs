using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Not among what TorchSharp binds.</summary>
public sealed class TcpStore : IDisposable
{
    private TcpStore() { }

    /// <summary>Refuses.</summary>
    /// <exception cref="MttException">Always.</exception>
    public static TcpStore Open(string host, int port, bool serves, TimeSpan limit) => throw Refusal();

    /// <summary>Never reached: there is no store.</summary>
    public void Limit(TimeSpan limit) => throw Refusal();

    /// <summary>Never reached: there is no store.</summary>
    public void Set(string key, ReadOnlySpan<byte> value) => throw Refusal();

    /// <summary>Never reached: there is no store.</summary>
    public byte[] Get(string key) => throw Refusal();

    /// <summary>Never reached: there is no store.</summary>
    public bool Has(string key) => throw Refusal();

    /// <summary>Never reached: there is no store.</summary>
    public void Remove(string key) => throw Refusal();

    /// <inheritdoc/>
    public void Dispose() { }

    internal static MttException Refusal() =>
        new(
            "this mtt was built on TorchSharp's packages, which have no process groups: it trains in one process",
            "Build mtt without -p:TorchProvider=TorchSharp, or start one process (WORLD_SIZE=1)."
        );
}

/// <summary>Not among what TorchSharp binds.</summary>
public sealed class GlooGroup : IDisposable
{
    private GlooGroup() { }

    /// <summary>Refuses.</summary>
    /// <exception cref="MttException">Always.</exception>
    public static GlooGroup Open(
        TcpStore store,
        string prefix,
        int rank,
        int size,
        string networkInterface,
        TimeSpan limit
    ) => throw TcpStore.Refusal();

    /// <summary>Never reached: there is no group.</summary>
    public void AllReduce(torch.Tensor tensor) => throw TcpStore.Refusal();

    /// <summary>Never reached: there is no group.</summary>
    public void Broadcast(torch.Tensor tensor) => throw TcpStore.Refusal();

    /// <inheritdoc/>
    public void Dispose() { }
}

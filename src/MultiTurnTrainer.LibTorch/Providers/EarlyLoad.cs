namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// Loads libtorch on a thread of its own while something is done that needs none of it: its libraries, some 280 with Debian's, take the
/// loader a good part of a second. Where it cannot be loaded, whoever needs it next says so.
/// </summary>
public sealed class EarlyLoad : IDisposable
{
    private readonly Task _loading = Task.Run(TorchRuntime.Load);

    /// <summary>Waits until it is loaded: a process that ends meanwhile would end in the midst of it.</summary>
    public void Dispose() => Task.WaitAny(_loading);
}

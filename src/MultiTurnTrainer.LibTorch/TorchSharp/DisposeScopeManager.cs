namespace TorchSharp;

/// <summary>The dispose scopes of each thread.</summary>
public sealed class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? _thread;

    /// <summary>What this thread's tensors have gone through.</summary>
    public static ThreadDisposeScopeStatistics Statistics => ThreadSingleton.Statistics_;

    internal static DisposeScopeManager ThreadSingleton => _thread ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics Statistics_ { get; } = new();

    internal DisposeScope? Current { get; private set; }

    internal DisposeScope NewDisposeScope() => Current = new DisposeScope(this, Current);

    internal void Remove(DisposeScope scope)
    {
        if (Current == scope)
        {
            Current = scope.OuterScope;
        }
    }

    internal DisposeScope? Register(torch.Tensor tensor)
    {
        if (Current is null)
        {
            Statistics_.CreatedOutsideScopeCount++;
            return null;
        }

        Statistics_.CreatedInScopeCount++;
        Current.Add(tensor);
        return Current;
    }
}

/// <summary>Counts of one thread's tensors.</summary>
public sealed class ThreadDisposeScopeStatistics
{
    /// <summary>Made while no scope was open.</summary>
    public long CreatedOutsideScopeCount { get; internal set; }

    /// <summary>Disposed of while owned by no scope.</summary>
    public long DisposedOutsideScopeCount { get; internal set; }

    /// <summary>Made while a scope was open.</summary>
    public long CreatedInScopeCount { get; internal set; }

    /// <summary>Disposed of while owned by a scope.</summary>
    public long DisposedInScopeCount { get; internal set; }

    /// <summary>Let go by their scope.</summary>
    public long DetachedFromScopeCount { get; internal set; }

    /// <summary>Made on this thread and not disposed of.</summary>
    public long ThreadTotalLiveCount =>
        CreatedInScopeCount - DisposedInScopeCount + CreatedOutsideScopeCount - DisposedOutsideScopeCount;
}

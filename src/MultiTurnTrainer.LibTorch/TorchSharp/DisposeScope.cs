namespace TorchSharp;

/// <summary>
/// Owns every tensor made on its thread while it is the innermost scope, and disposes of them with itself. What must live
/// longer is moved to the outer scope or detached.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager _manager;
    private HashSet<torch.Tensor> _owned = new(ReferenceEqualityComparer.Instance);

    internal DisposeScope(DisposeScopeManager manager, DisposeScope? outer)
    {
        _manager = manager;
        OuterScope = outer;
    }

    internal DisposeScope? OuterScope { get; }

    /// <summary>How many tensors the scope owns now.</summary>
    public int DisposablesCount => _owned.Count;

    /// <summary>Gives a tensor to the enclosing scope, or to nobody where there is none.</summary>
    public T MoveToOuter<T>(T disposable)
        where T : IDisposable => MoveToOther(OuterScope, disposable);

    /// <summary>Gives a tensor to another scope, or to nobody.</summary>
    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        if (disposable is torch.Tensor tensor && tensor.Scope == this)
        {
            _owned.Remove(tensor);
            tensor.Scope = scope;
            if (scope is null)
            {
                _manager.Statistics_.DetachedFromScopeCount++;
            }
            else
            {
                scope._owned.Add(tensor);
            }
        }

        return disposable;
    }

    /// <summary>Frees a tensor from all scopes: whoever holds it disposes of it.</summary>
    public T Detach<T>(T disposable)
        where T : IDisposable => MoveToOther(null, disposable);

    /// <summary>Disposes of all that it owns, and goes on.</summary>
    public void DisposeEverything() => DisposeEverythingBut();

    /// <summary>Disposes of all that it owns except these, and goes on.</summary>
    public void DisposeEverythingBut(params IDisposable[] keep)
    {
        HashSet<torch.Tensor> all = _owned;
        _owned = new(ReferenceEqualityComparer.Instance);
        foreach (torch.Tensor tensor in all)
        {
            if (Array.IndexOf(keep, tensor) >= 0)
            {
                _owned.Add(tensor);
            }
            else
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>Disposes of all that it owns; its enclosing scope is the current one again.</summary>
    public void Dispose()
    {
        DisposeEverything();
        _manager.Remove(this);
    }

    internal void Add(torch.Tensor tensor) => _owned.Add(tensor);

    internal void Forget(torch.Tensor tensor) => _owned.Remove(tensor);
}

using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>The states that were used last, up to a bound of memory.</summary>
internal sealed class StateCache(long bound)
{
    // Parsed JSON and the objects around it, over the bytes of the events.
    private const int Overhead = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Id), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;

    public SessionState? Find(string tenant, string id)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((tenant, id), out LinkedListNode<Entry>? node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.State;
        }
    }

    /// <summary>Keeps a state, unless a newer one is known.</summary>
    /// <param name="state">The state.</param>
    /// <param name="bytes">Bytes of the events that it has more than the one known before.</param>
    public void Put(SessionState state, long bytes)
    {
        (string, string) key = (state.Tenant, state.Id);
        long size = bytes * Overhead;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out LinkedListNode<Entry>? known))
            {
                if (known.Value.State.Version >= state.Version)
                {
                    return;
                }

                size += known.Value.Bytes;
                Remove(known);
            }

            _entries[key] = _byUse.AddFirst(new Entry(state, size));
            _bytes += size;
            while (_bytes > bound && _byUse.Last is { } oldest)
            {
                Remove(oldest);
            }
        }
    }

    public void Forget(string tenant, string id)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((tenant, id), out LinkedListNode<Entry>? node))
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove((node.Value.State.Tenant, node.Value.State.Id));
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }

    private sealed record Entry(SessionState State, long Bytes);
}

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>The sessions that were used last, up to a bound of memory.</summary>
internal sealed class StateCache(long bound)
{
    // Parsed JSON and the objects around it, over the bytes of the events.
    private const int Overhead = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;

    public RecentSession? Find(SessionKey key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Session;
        }
    }

    /// <summary>Keeps a session, unless a newer state of it is known.</summary>
    public void Put(RecentSession session)
    {
        SessionKey key = session.State.Key;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out LinkedListNode<Entry>? known))
            {
                if (known.Value.Session.State.Version > session.State.Version)
                {
                    return;
                }

                Remove(known);
            }

            Entry entry = new(session, session.Size * Overhead);
            _entries[key] = _byUse.AddFirst(entry);
            _bytes += entry.Bytes;
            while (_bytes > bound && _byUse.Last is { } oldest)
            {
                Remove(oldest);
            }
        }
    }

    public void Forget(SessionKey key)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Session.State.Key);
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }

    private sealed record Entry(RecentSession Session, long Bytes);
}

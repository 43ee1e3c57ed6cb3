namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>
/// How far the answers of sessions wander from how they began: 1 less the cosine of counts of three letters in a row, of an answer and of
/// the session's first answers. The first answers of the sessions that were used last are kept as counts. Safe for several threads.
/// </summary>
internal sealed class AnswerDrift
{
    private const int FirstAnswers = 3;
    private const int MostSessions = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, LinkedListNode<Known>> _byId = [];
    private readonly LinkedList<Known> _used = [];

    /// <summary>Takes over an answer.</summary>
    /// <param name="session">The session.</param>
    /// <param name="isFirst">Whether it is the session's first answer.</param>
    /// <param name="text">The answer.</param>
    /// <returns>Its distance; null for a first answer, and where the first answers were of another process.</returns>
    public double? Of(SessionKey session, bool isFirst, string text)
    {
        float[] counts = AnswerStyle.Counts(text);
        lock (_lock)
        {
            if (!_byId.TryGetValue(session, out LinkedListNode<Known>? node))
            {
                if (isFirst)
                {
                    _byId[session] = _used.AddFirst(new Known(session, counts, 1));
                    ForgetOldest();
                }

                return null;
            }

            _used.Remove(node);
            _used.AddFirst(node);
            Known known = node.Value;
            if (known.Answers < FirstAnswers)
            {
                AnswerStyle.Add(known.Counts, counts);
                node.Value = known with { Answers = known.Answers + 1 };
                return null;
            }

            return AnswerStyle.Distance(known.Counts, counts);
        }
    }

    /// <summary>Forgets a session.</summary>
    public void Forget(SessionKey session)
    {
        lock (_lock)
        {
            if (_byId.Remove(session, out LinkedListNode<Known>? node))
            {
                _used.Remove(node);
            }
        }
    }

    private void ForgetOldest()
    {
        if (_used.Count > MostSessions)
        {
            _byId.Remove(_used.Last!.Value.Session);
            _used.RemoveLast();
        }
    }

    private readonly record struct Known(SessionKey Session, float[] Counts, int Answers);
}

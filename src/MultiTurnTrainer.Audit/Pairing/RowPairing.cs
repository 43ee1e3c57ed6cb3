// Folder Pairing: finds the conversation that each row was made of: by id, by order, by text.
// Refuses to know: files, what is wrong with a row.
using MultiTurnTrainer.Audit.Comparing;
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Pairing;

/// <summary>
/// Pairs rows with conversations while both go by. Rows in the data's order, even with gaps, need memory for a few hundred of
/// them; rows that find no conversation near are kept, and <see cref="Pair(OwnConversation)"/> finds theirs in a second pass.
/// </summary>
internal sealed class RowPairing
{
    private const int Window = 256;
    private const double SureOverlap = 0.95;
    private const double LeastOverlap = 0.5;

    private readonly IEnumerator<AuditedRow> _rows;
    private readonly LinkedList<Waiting> _window = new();
    private readonly List<Waiting> _kept = [];
    private Dictionary<string, List<Waiting>>? _keptById;
    private Dictionary<ulong, List<Waiting>>? _keptByHash;
    private bool _ended;

    public RowPairing(IEnumerator<AuditedRow> rows) => _rows = rows;

    /// <summary>Rows that no conversation near them matched.</summary>
    public IEnumerable<AuditedRow> Left => _kept.Where(waiting => !waiting.IsTaken).Select(waiting => waiting.Row);

    /// <summary>Whether rows are left over for a second pass.</summary>
    public bool HasLeft => _kept.Exists(waiting => !waiting.IsTaken);

    /// <summary>The rows of the next conversation of the data; none where they do not stand near.</summary>
    public List<AuditedRow> PairNear(OwnConversation conversation)
    {
        Fill(conversation.Index);
        List<AuditedRow> found = [];
        for (LinkedListNode<Waiting>? node = _window.First; node is not null; )
        {
            LinkedListNode<Waiting> here = node;
            node = node.Next;
            bool named = here.Value.Row.Id is not null && conversation.Id is not null;
            if (named ? IsOf(here.Value.Row.Id!, conversation.Id!) : IsSame(here.Value.Row, conversation))
            {
                found.Add(here.Value.Row);
                _window.Remove(here);
                if (!named)
                {
                    return found;
                }
            }
            else if (found.Count > 0)
            {
                // The rows of one conversation stand together.
                return found;
            }
        }

        if (found.Count == 0 && MostAlike(conversation) is { } alike)
        {
            _window.Remove(alike);
            found.Add(alike.Row);
        }

        return found;
    }

    /// <summary>The row near whose text is most like a conversation's, among those without an id to tell.</summary>
    private Waiting? MostAlike(OwnConversation conversation)
    {
        RowSketch? sketch = null;
        Waiting? best = null;
        double bestOverlap = LeastOverlap;
        foreach (Waiting waiting in _window.Where(waiting => waiting.Row.Id is null || conversation.Id is null))
        {
            if (Sketch(conversation, ref sketch) is not { } own)
            {
                return null;
            }

            double overlap = waiting.Sketch.Overlap(own);
            if (overlap > bestOverlap)
            {
                (best, bestOverlap) = (waiting, overlap);
            }

            if (overlap >= SureOverlap)
            {
                break;
            }
        }

        return best;
    }

    /// <summary>Ends the first pass: what waits is kept for the second.</summary>
    public void EndNear()
    {
        while (!_ended)
        {
            KeepOldest();
            Fill(long.MaxValue);
        }

        while (_window.First is not null)
        {
            KeepOldest();
        }
    }

    /// <summary>The kept rows of a conversation.</summary>
    public List<AuditedRow> Pair(OwnConversation conversation)
    {
        Index();
        List<Waiting> found = [];
        if (conversation.Id is { } id && _keptById!.TryGetValue(id, out List<Waiting>? named))
        {
            found.AddRange(named.Where(waiting => !waiting.IsTaken));
        }

        RowSketch? sketch = null;
        if (found.Count == 0 && Sketch(conversation, ref sketch) is { } own)
        {
            Waiting? best = own
                .Hashes.SelectMany(hash => _keptByHash!.GetValueOrDefault(hash) ?? [])
                .Where(waiting => !waiting.IsTaken)
                .GroupBy(waiting => waiting)
                .OrderByDescending(group => group.Count())
                .Take(4)
                .Select(group => group.Key)
                .MaxBy(waiting => waiting.Sketch.Overlap(own));
            if (best is not null && best.Sketch.Overlap(own) > LeastOverlap)
            {
                found.Add(best);
            }
        }

        found.ForEach(waiting => waiting.IsTaken = true);
        return [.. found.Select(waiting => waiting.Row)];
    }

    private void Fill(long index)
    {
        // A row that many conversations passed by belongs to none near.
        while (_window.First is { } oldest && index - oldest.Value.Arrived > Window)
        {
            KeepOldest();
        }

        while (_window.Count < Window && !_ended)
        {
            if (_rows.MoveNext())
            {
                _window.AddLast(new Waiting(_rows.Current, index == long.MaxValue ? 0 : index));
            }
            else
            {
                _ended = true;
            }
        }
    }

    private void KeepOldest()
    {
        if (_window.First is { } oldest)
        {
            _kept.Add(oldest.Value);
            _window.RemoveFirst();
        }
    }

    private void Index()
    {
        if (_keptById is not null)
        {
            return;
        }

        _keptById = new Dictionary<string, List<Waiting>>(StringComparer.Ordinal);
        _keptByHash = [];
        foreach (Waiting waiting in _kept)
        {
            if (waiting.Row.Id is { } id)
            {
                string whole =
                    id.LastIndexOf('#') is int at and > 0 && int.TryParse(id[(at + 1)..], out _) ? id[..at] : id;
                foreach (string name in new[] { id, whole }.Distinct())
                {
                    Put(_keptById, name, waiting);
                }

                continue;
            }

            foreach (ulong hash in waiting.Sketch.Hashes)
            {
                Put(_keptByHash, hash, waiting);
            }
        }
    }

    private static void Put<TKey>(Dictionary<TKey, List<Waiting>> index, TKey key, Waiting waiting)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out List<Waiting>? list))
        {
            index[key] = list = [];
        }

        list.Add(waiting);
    }

    private static bool IsOf(string row, string conversation) =>
        row == conversation
        || (
            row.Length > conversation.Length
            && row[conversation.Length] == '#'
            && row.StartsWith(conversation, StringComparison.Ordinal)
        );

    private static bool IsSame(AuditedRow row, OwnConversation conversation) =>
        conversation.Rows is [{ } own] && own.Row.InputIds.AsSpan().SequenceEqual(row.InputIds);

    private static RowSketch? Sketch(OwnConversation conversation, ref RowSketch? sketch)
    {
        sketch ??= new RowSketch(conversation.Rows.MaxBy(row => row.Row.Length)?.Row.InputIds ?? conversation.Contents);
        return sketch.Hashes.Count == 0 ? null : sketch;
    }

    /// <summary>A row that waits for its conversation.</summary>
    private sealed class Waiting(AuditedRow row, long arrived)
    {
        private RowSketch? _sketch;

        public AuditedRow Row { get; } = row;

        public long Arrived { get; } = arrived;

        public bool IsTaken { get; set; }

        public RowSketch Sketch => _sketch ??= new RowSketch(Row.InputIds);
    }
}

namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>A word being merged: symbols in a linked list, the lowest rank found by scan or, for long words, by heap.</summary>
internal sealed class BpeWord
{
    private const int LongestScan = 48;
    private int[] _ids = new int[64];
    private int[] _lengths = new int[64];
    private int[] _next = new int[64];
    private int[] _previous = new int[64];
    private uint[] _merges = new uint[64];
    private Candidate[] _heap = new Candidate[64];
    private int _heapCount;
    private int _count;

    /// <summary>The first symbol, or −1.</summary>
    public int First => _count > 0 ? 0 : -1;

    /// <summary>The symbol behind one, or −1.</summary>
    public int Next(int symbol) => _next[symbol];

    /// <summary>A symbol's id.</summary>
    public int IdOf(int symbol) => _ids[symbol];

    /// <summary>A symbol's length in bytes.</summary>
    public int LengthOf(int symbol) => _lengths[symbol];

    /// <summary>Empties the word.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds a symbol.</summary>
    public void Add(int id, int length)
    {
        if (_count == _ids.Length)
        {
            int size = _count * 2;
            Array.Resize(ref _ids, size);
            Array.Resize(ref _lengths, size);
            Array.Resize(ref _next, size);
            Array.Resize(ref _previous, size);
            Array.Resize(ref _merges, size);
        }

        _ids[_count] = id;
        _lengths[_count] = length;
        _next[_count] = -1;
        _previous[_count] = _count - 1;
        if (_count > 0)
        {
            _next[_count - 1] = _count;
        }

        _count++;
    }

    /// <summary>Merges until nothing merges.</summary>
    public void Merge(MergeTable table)
    {
        if (_count < 2)
        {
            return;
        }

        for (int i = 0; i + 1 < _count; i++)
        {
            _merges[i] = table.Find(_ids[i], _ids[i + 1]);
        }

        _merges[_count - 1] = MergeTable.None;
        if (_count <= LongestScan)
        {
            MergeByScan(table);
        }
        else
        {
            MergeByHeap(table);
        }
    }

    private void MergeByScan(MergeTable table)
    {
        while (true)
        {
            uint best = MergeTable.None;
            int at = -1;
            for (int i = 0; i >= 0; i = _next[i])
            {
                // Of equal ranks the leftmost wins.
                if (_merges[i] < best)
                {
                    best = _merges[i];
                    at = i;
                }
            }

            if (at < 0)
            {
                return;
            }

            Join(table, at, best);
        }
    }

    private void MergeByHeap(MergeTable table)
    {
        _heapCount = 0;
        for (int i = 0; i + 1 < _count; i++)
        {
            Push(i);
        }

        while (_heapCount > 0)
        {
            Candidate top = Pop();
            if (_merges[top.Symbol] != top.Merge)
            {
                continue;
            }

            Join(table, top.Symbol, top.Merge);
            Push(top.Symbol);
            if (_previous[top.Symbol] >= 0)
            {
                Push(_previous[top.Symbol]);
            }
        }
    }

    private void Join(MergeTable table, int at, uint rank)
    {
        int right = _next[at];
        int id = table.IdOf(rank, _ids[at], _ids[right]);
        int behind = _next[right];
        _ids[at] = id;
        _lengths[at] += _lengths[right];
        _next[at] = behind;
        _merges[right] = MergeTable.None;
        if (behind >= 0)
        {
            _previous[behind] = at;
            _merges[at] = table.Find(id, _ids[behind]);
        }
        else
        {
            _merges[at] = MergeTable.None;
        }

        int before = _previous[at];
        if (before >= 0)
        {
            _merges[before] = table.Find(_ids[before], id);
        }
    }

    private void Push(int symbol)
    {
        if (_merges[symbol] == MergeTable.None)
        {
            return;
        }

        if (_heapCount == _heap.Length)
        {
            Array.Resize(ref _heap, _heapCount * 2);
        }

        Candidate moved = new(_merges[symbol], symbol);
        int at = _heapCount++;
        while (at > 0 && moved.Before(_heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = moved;
    }

    private Candidate Pop()
    {
        Candidate top = _heap[0];
        Candidate moved = _heap[--_heapCount];
        int at = 0;
        while (2 * at + 1 < _heapCount)
        {
            int child = 2 * at + 1;
            if (child + 1 < _heapCount && _heap[child + 1].Before(_heap[child]))
            {
                child++;
            }

            if (!_heap[child].Before(moved))
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = moved;
        return top;
    }

    private readonly record struct Candidate(uint Merge, int Symbol)
    {
        public bool Before(Candidate other) => Merge < other.Merge || (Merge == other.Merge && Symbol < other.Symbol);
    }
}

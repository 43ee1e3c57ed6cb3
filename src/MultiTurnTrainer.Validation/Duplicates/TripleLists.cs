namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// Lists of rows by word triple. Most lists have one row, which stands in the table itself; longer ones stand in one array,
/// in places of 4, 8, 16… numbers. Triples that fall into one slot share its list.
/// </summary>
internal sealed class TripleLists
{
    private const int LeastPlace = 4;
    private const int MostSlots = 1 << 28;

    // 0 is an empty list, a positive number its only row + 1, a negative one its place: the length, then rows + 1.
    private int[] _heads = new int[1 << 14];
    private int[] _places = new int[1 << 12];
    private int _end = LeastPlace;
    private readonly int[] _free = new int[32];
    private int _count;

    /// <summary>Whether there are more entries than slots.</summary>
    public bool IsCrowded => _count > _heads.Length && _heads.Length < MostSlots;

    /// <summary>The rows in the list of a triple, each plus 1.</summary>
    public ReadOnlySpan<int> this[uint triple]
    {
        get
        {
            ref int head = ref _heads[Slot(triple)];
            return head > 0 ? MemoryMarshal.CreateReadOnlySpan(ref head, 1)
                : head < 0 ? _places.AsSpan(-head + 1, _places[-head])
                : [];
        }
    }

    /// <summary>Forgets everything, and makes room for more where it was crowded.</summary>
    public void Clear()
    {
        int slots = IsCrowded ? _heads.Length * 4 : _heads.Length;
        _heads = [];
        _heads = new int[slots];
        _end = LeastPlace;
        Array.Clear(_free);
        _count = 0;
    }

    /// <summary>Adds a row to the list of a triple.</summary>
    public void Add(uint triple, int row)
    {
        _count++;
        ref int head = ref _heads[Slot(triple)];
        if (head == 0)
        {
            head = row + 1;
            return;
        }

        if (head > 0)
        {
            int place = NewPlace(LeastPlace);
            (_places[place], _places[place + 1]) = (1, head);
            head = -place;
        }

        int length = _places[-head];
        if (length + 1 >= LeastPlace && BitOperations.IsPow2(length + 1))
        {
            head = -Move(-head, length + 1);
        }

        _places[-head] = length + 1;
        _places[-head + length + 1] = row + 1;
    }

    private int Slot(uint triple) => (int)((ulong)(triple * 0x9E3779B1) * (ulong)_heads.Length >> 32);

    /// <summary>Moves a list to a place of twice the size.</summary>
    private int Move(int from, int size)
    {
        int to = NewPlace(size * 2);
        _places.AsSpan(from, size).CopyTo(_places.AsSpan(to));
        ref int free = ref _free[BitOperations.Log2((uint)size)];
        (_places[from], free) = (free, from);
        return to;
    }

    private int NewPlace(int size)
    {
        ref int free = ref _free[BitOperations.Log2((uint)size)];
        int place = free;
        if (place > 0)
        {
            free = _places[place];
            return place;
        }

        while (_end + size > _places.Length)
        {
            Array.Resize(ref _places, _places.Length * 2);
        }

        place = _end;
        _end += size;
        return place;
    }
}

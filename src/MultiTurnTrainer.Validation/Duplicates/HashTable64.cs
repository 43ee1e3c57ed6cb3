namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// Rows by 64-bit hash: where a hash was first seen. Open addressing in flat arrays, 14 bytes a slot, with a ceiling; past
/// it nothing is added any more and <see cref="IsFull"/> says so.
/// </summary>
/// <param name="capacity">Most slots, a power of two; three quarters of them are used.</param>
internal sealed class HashTable64(int capacity)
{
    private ulong[] _keys = new ulong[1 << 12];
    private uint[] _lines = new uint[1 << 12];
    private ushort[] _files = new ushort[1 << 12];

    /// <summary>Hashes held.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the ceiling was reached.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Where a hash was first seen; adds it when it is new.</summary>
    public (ushort File, long Line)? FindOrAdd(ulong hash, ushort file, long line)
    {
        ulong key = hash == 0 ? 1 : hash;
        int slot = Slot(_keys, key);
        if (_keys[slot] == key)
        {
            return (_files[slot], _lines[slot]);
        }

        if (IsFull)
        {
            return null;
        }

        if (Count * 4 >= _keys.Length * 3)
        {
            if (_keys.Length * 2 > capacity)
            {
                IsFull = true;
                return null;
            }

            Grow();
            slot = Slot(_keys, key);
        }

        (_keys[slot], _lines[slot], _files[slot]) = (key, (uint)Math.Min(line, uint.MaxValue), file);
        Count++;
        return null;
    }

    /// <summary>Where a hash was first seen.</summary>
    public (ushort File, long Line)? Find(ulong hash)
    {
        ulong key = hash == 0 ? 1 : hash;
        int slot = Slot(_keys, key);
        return _keys[slot] == key ? (_files[slot], _lines[slot]) : null;
    }

    private static int Slot(ulong[] keys, ulong key)
    {
        int mask = keys.Length - 1;
        int slot = (int)(key >> 32) & mask;
        while (keys[slot] != 0 && keys[slot] != key)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        (ulong[] keys, uint[] lines, ushort[] files) = (_keys, _lines, _files);
        _keys = new ulong[keys.Length * 2];
        _lines = new uint[keys.Length * 2];
        _files = new ushort[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
            {
                int slot = Slot(_keys, keys[i]);
                (_keys[slot], _lines[slot], _files[slot]) = (keys[i], lines[i], files[i]);
            }
        }

        if (keys.Length >= 1 << 20)
        {
            // What was outgrown is large and dead: the next large array finds its place.
            (keys, lines, files) = ([], [], []);
            GC.Collect();
        }
    }
}

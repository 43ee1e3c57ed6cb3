namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// Words of up to 15 bytes and their ids, shared by all threads. A word is two 64-bit numbers, its length in the uppermost
/// byte; an entry of up to three ids is half a cache line. Sets of four; a full set gives one up in turn, one that was not
/// found since its last turn.
/// <para>
/// Nobody waits: every entry has a stamp that changes whenever the entry does. Who reads takes what was found only if the
/// stamp is the same before and after; who writes claims the stamp first, and gives up if another thread was faster. A word
/// that is missed for that reason is encoded again.
/// </para>
/// </summary>
internal sealed unsafe class WordCache
{
    /// <summary>The longest word that fits.</summary>
    public const int LongestWord = 15;

    private const int Bits = 18;
    private const int Ways = 4;
    private const int Inline = 3;
    private const int SetBytes = 128;

    // A stamp: how often the entry has changed, whether it was found since it last had its turn, whether it is changing
    // now, the number of ids.
    private const int CountBits = 4;
    private const uint CountMask = (1 << CountBits) - 1;
    private const uint Changing = 1 << CountBits;
    private const uint Used = 1 << (CountBits + 1);
    private const uint Change = 1 << (CountBits + 2);

    // Pinned, so that a set begins with a cache line.
    private readonly byte[] _memory = GC.AllocateArray<byte>((sizeof(Entry) << Bits) + SetBytes, pinned: true);
    private readonly Entry* _entries;
    private readonly IdArena _arena = new();

    /// <summary>An empty cache.</summary>
    public WordCache()
    {
        nint first = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _entries = (Entry*)((first + SetBytes - 1) & -SetBytes);
    }

    /// <summary>Whether words of many ids find no more room: time for a new cache.</summary>
    public bool IsFull => _arena.IsFull;

    /// <summary>The two numbers of a word.</summary>
    /// <param name="word">The word's first byte.</param>
    /// <param name="length">1 to 15.</param>
    /// <param name="room">Bytes that may be read from there on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (ulong Low, ulong High) KeyOf(ref byte word, int length, int room)
    {
        ulong low;
        ulong high;
        if (room >= 16)
        {
            low = Unsafe.ReadUnaligned<ulong>(ref word);
            high = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref word, 8));
        }
        else
        {
            (low, high) = ReadNearEnd(ref word, length);
        }

        if (length < 8)
        {
            low &= (1UL << (8 * length)) - 1;
            high = 0;
        }
        else
        {
            high &= (1UL << (8 * (length - 8))) - 1;
        }

        return (low, high | ((ulong)length << 56));
    }

    /// <summary>Asks for the memory that <see cref="Find"/> will look at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong low, ulong high)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_entries + SetOf(low, high));
        }
    }

    /// <summary>Copies a word's ids to the target, which has room for at least three; returns their number, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong low, ulong high, ref int target)
    {
        ref Entry entry = ref _entries[SetOf(low, high)];
        for (int way = 0; way < Ways; way++)
        {
            if (entry.Low == low && entry.High == high)
            {
                return Read(ref entry, low, high, ref target);
            }

            entry = ref Unsafe.Add(ref entry, 1);
        }

        return 0;
    }

    /// <summary>Remembers a word's ids.</summary>
    public void Add(ulong low, ulong high, ReadOnlySpan<int> ids)
    {
        if (ids.IsEmpty)
        {
            return;
        }

        ref Entry entry = ref Victim(ref _entries[SetOf(low, high)]);
        uint stamp = Volatile.Read(ref entry.Stamp);
        uint claimed = (stamp & ~(CountMask | Used)) | Changing;
        if ((stamp & Changing) != 0 || Interlocked.CompareExchange(ref entry.Stamp, claimed, stamp) != stamp)
        {
            return;
        }

        entry.Low = low;
        entry.High = high;
        uint count = (uint)ids.Length;
        if (ids.Length <= Inline)
        {
            entry.First = ids[0];
            entry.Second = ids.Length > 1 ? ids[1] : 0;
            entry.Third = ids.Length > 2 ? ids[2] : 0;
        }
        else
        {
            entry.First = _arena.Write(ids);
            count = entry.First < 0 ? 0 : count;
        }

        Volatile.Write(ref entry.Stamp, ((claimed & ~Changing) + Change) | count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Read(ref Entry entry, ulong low, ulong high, ref int target)
    {
        uint stamp = Volatile.Read(ref entry.Stamp);
        (int first, int second, int third) = (entry.First, entry.Second, entry.Third);
        bool same = entry.Low == low && entry.High == high;
        Volatile.ReadBarrier();
        if (!same || ((entry.Stamp ^ stamp) & ~Used) != 0)
        {
            return 0;
        }

        if ((stamp & Used) == 0)
        {
            Interlocked.Or(ref entry.Stamp, Used);
        }

        // None while the entry is changing.
        int count = (int)(stamp & CountMask);
        if (count <= Inline)
        {
            target = first;
            Unsafe.Add(ref target, 1) = second;
            Unsafe.Add(ref target, 2) = third;
        }
        else
        {
            _arena.Read(first, count).CopyTo(MemoryMarshal.CreateSpan(ref target, count));
        }

        return count;
    }

    // An empty entry, or the one whose turn it is: the changes of a set go round its ways, past those that were found since
    // they last had their turn.
    private static ref Entry Victim(ref Entry set)
    {
        uint turn = 0;
        for (int way = 0; way < Ways; way++)
        {
            uint stamp = Unsafe.Add(ref set, way).Stamp;
            if (stamp == 0)
            {
                return ref Unsafe.Add(ref set, way);
            }

            turn += stamp / Change;
        }

        for (int passed = 0; passed < Ways; passed++, turn++)
        {
            ref uint stamp = ref Unsafe.Add(ref set, (int)(turn % Ways)).Stamp;
            if ((stamp & Used) == 0)
            {
                break;
            }

            Interlocked.And(ref stamp, ~Used);
        }

        return ref Unsafe.Add(ref set, (int)(turn % Ways));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SetOf(ulong low, ulong high)
    {
        ulong hash = (low ^ (high * 0x9E37_79B9_7F4A_7C15)) * 0xD6E8_FEB8_6659_FD93;
        hash ^= hash >> 32;
        return (int)((hash * 0x9E37_79B9_7F4A_7C15) >> (64 - Bits)) & ~(Ways - 1);
    }

    private static (ulong Low, ulong High) ReadNearEnd(ref byte word, int length)
    {
        ulong low = 0;
        ulong high = 0;
        for (int i = 0; i < length; i++)
        {
            ulong value = Unsafe.Add(ref word, i);
            if (i < 8)
            {
                low |= value << (8 * i);
            }
            else
            {
                high |= value << (8 * (i - 8));
            }
        }

        return (low, high);
    }

    private struct Entry
    {
        public ulong Low;
        public ulong High;
        public int First;
        public int Second;
        public int Third;
        public uint Stamp;
    }
}

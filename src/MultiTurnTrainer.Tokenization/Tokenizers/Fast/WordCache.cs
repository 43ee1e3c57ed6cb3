using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Fast;

/// <summary>
/// Words of up to 15 bytes and their ids. A word is two 64-bit numbers, its length in the uppermost byte; an entry of up
/// to three ids is half a cache line. Sets of four; a full set gives one up in turn.
/// </summary>
internal sealed class WordCache
{
    /// <summary>The longest word that fits.</summary>
    public const int LongestWord = 15;

    private const int Bits = 18;
    private const int Ways = 4;
    private const int Inline = 3;
    private const int ArenaLimit = 1 << 21;

    private readonly Entry[] _entries = new Entry[1 << Bits];
    private int[] _arena = new int[1 << 12];
    private int _arenaCount;
    private int _turn;

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

    /// <summary>Copies a word's ids to the target, which has room for at least three; returns their number, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong low, ulong high, ref int target)
    {
        ref Entry entry = ref SetOf(low, high);
        for (int way = 0; way < Ways; way++)
        {
            if (entry.Low == low && entry.High == high)
            {
                if (entry.Count > Inline)
                {
                    _arena.AsSpan(entry.First, entry.Count).CopyTo(MemoryMarshal.CreateSpan(ref target, entry.Count));
                    return entry.Count;
                }

                target = entry.First;
                Unsafe.Add(ref target, 1) = entry.Second;
                Unsafe.Add(ref target, 2) = entry.Third;
                return entry.Count;
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

        if (_arenaCount + ids.Length > ArenaLimit)
        {
            // Ids of words given up are never reclaimed one by one.
            Array.Clear(_entries);
            _arenaCount = 0;
        }

        ref Entry set = ref SetOf(low, high);
        int way = 0;
        while (way < Ways && Unsafe.Add(ref set, way).Count != 0)
        {
            way++;
        }

        way = way < Ways ? way : _turn++ & (Ways - 1);
        Entry entry = new()
        {
            Low = low,
            High = high,
            Count = ids.Length,
        };
        if (ids.Length <= Inline)
        {
            entry.First = ids[0];
            entry.Second = ids.Length > 1 ? ids[1] : 0;
            entry.Third = ids.Length > 2 ? ids[2] : 0;
        }
        else
        {
            if (_arenaCount + ids.Length > _arena.Length)
            {
                Array.Resize(ref _arena, Math.Max(_arena.Length * 2, _arenaCount + ids.Length));
            }

            ids.CopyTo(_arena.AsSpan(_arenaCount));
            entry.First = _arenaCount;
            _arenaCount += ids.Length;
        }

        Unsafe.Add(ref set, way) = entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Entry SetOf(ulong low, ulong high)
    {
        ulong hash = (low ^ (high * 0x9E37_79B9_7F4A_7C15)) * 0xD6E8_FEB8_6659_FD93;
        hash ^= hash >> 32;
        int set = (int)((hash * 0x9E37_79B9_7F4A_7C15) >> (64 - Bits)) & ~(Ways - 1);
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), set);
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
        public int Count;
    }
}

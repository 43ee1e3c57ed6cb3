using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Words of 16 bytes and more, for one thread. Grows, and is emptied when full.</summary>
internal sealed class LongWordCache
{
    /// <summary>Longer words are not worth remembering.</summary>
    public const int LongestWord = 128;

    private const int MaxBits = 17;
    private const int Limit = 1 << 22;
    private int _bits = 11;
    private Entry[] _entries = new Entry[1 << 11];
    private byte[] _bytes = new byte[1 << 14];
    private int[] _ids = new int[1 << 12];
    private int _byteCount;
    private int _idCount;
    private int _count;

    /// <summary>A word's ids, or none.</summary>
    public ReadOnlySpan<int> Find(ReadOnlySpan<byte> word, uint hash)
    {
        ref Entry entry = ref _entries[SlotOf(word, hash)];
        return entry.Length == 0 ? default : _ids.AsSpan(entry.FirstId, entry.Ids);
    }

    /// <summary>The hash to find and add by.</summary>
    public static uint HashOf(ReadOnlySpan<byte> word) => ByteHash.Of(word);

    /// <summary>Remembers a word's ids.</summary>
    public void Add(ReadOnlySpan<byte> word, uint hash, ReadOnlySpan<int> ids)
    {
        if (_byteCount + word.Length > Limit || (_count * 2 >= _entries.Length && !TryGrow()))
        {
            Array.Clear(_entries);
            _count = _byteCount = _idCount = 0;
        }

        Reserve(ref _bytes, _byteCount + word.Length);
        Reserve(ref _ids, _idCount + ids.Length);
        word.CopyTo(_bytes.AsSpan(_byteCount));
        ids.CopyTo(_ids.AsSpan(_idCount));
        _entries[SlotOf(word, hash)] = new Entry(hash, _byteCount, word.Length, _idCount, ids.Length);
        _byteCount += word.Length;
        _idCount += ids.Length;
        _count++;
    }

    private int SlotOf(ReadOnlySpan<byte> word, uint hash)
    {
        int slot = (int)(hash >> (32 - _bits));
        while (true)
        {
            ref Entry entry = ref _entries[slot];
            if (
                entry.Length == 0
                || (entry.Hash == hash && _bytes.AsSpan(entry.Start, entry.Length).SequenceEqual(word))
            )
            {
                return slot;
            }

            slot = (slot + 1) & (_entries.Length - 1);
        }
    }

    private bool TryGrow()
    {
        if (_bits == MaxBits)
        {
            return false;
        }

        Entry[] old = _entries;
        _entries = new Entry[1 << ++_bits];
        foreach (Entry entry in old)
        {
            if (entry.Length > 0)
            {
                _entries[SlotOf(_bytes.AsSpan(entry.Start, entry.Length), entry.Hash)] = entry;
            }
        }

        return true;
    }

    private static void Reserve<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, Math.Max(length, array.Length * 2));
        }
    }

    private readonly record struct Entry(uint Hash, int Start, int Length, int FirstId, int Ids);
}

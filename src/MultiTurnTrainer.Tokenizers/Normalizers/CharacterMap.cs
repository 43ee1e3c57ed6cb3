namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary>Sentencepiece's character map: a double-array trie of UTF-8 bytes over replacement texts.</summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _texts;

    /// <summary>Reads the map: the trie's size in bytes, the trie, the texts, each with a NUL behind it.</summary>
    /// <exception cref="InvalidDataException">It is cut short or not UTF-8.</exception>
    public CharacterMap(ReadOnlySpan<byte> map)
    {
        if (map.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(map) > map.Length - 4)
        {
            throw new InvalidDataException("the character map is cut short");
        }

        int size = (int)BinaryPrimitives.ReadUInt32LittleEndian(map) / 4;
        _units = new uint[size];
        for (int i = 0; i < size; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + 4 * i)..]);
        }

        _texts = map[(4 + 4 * size)..].ToArray();
        if (size == 0 || !System.Text.Unicode.Utf8.IsValid(_texts))
        {
            throw new InvalidDataException("the character map is damaged");
        }
    }

    /// <summary>Looks for a prefix that the map knows.</summary>
    /// <param name="key">The text.</param>
    /// <param name="longest">Whether the longest prefix is wanted, or the shortest.</param>
    /// <param name="length">The prefix's length.</param>
    /// <param name="text">What replaces it.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryFind(ReadOnlySpan<byte> key, bool longest, out int length, out ReadOnlySpan<byte> text)
    {
        length = 0;
        int found = -1;
        uint node = Offset(_units[0]);
        for (int at = 0; at < key.Length; at++)
        {
            byte label = key[at];
            node ^= label;
            if (label == 0 || node >= _units.Length || (_units[node] & 0x8000_00FF) != label)
            {
                break;
            }

            uint unit = _units[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 1 && node < _units.Length)
            {
                found = (int)(_units[node] & 0x7FFF_FFFF);
                length = at + 1;
                if (!longest)
                {
                    break;
                }
            }
        }

        text = found < 0 ? default : TextAt(found);
        return found >= 0;
    }

    private ReadOnlySpan<byte> TextAt(int start)
    {
        ReadOnlySpan<byte> rest = _texts.AsSpan(Math.Min(start, _texts.Length));
        int end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}

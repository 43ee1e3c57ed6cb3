namespace MultiTurnTrainer.Validation.Rules;

/// <summary>
/// Counts the small words of up to eight languages at once. A word of at most eight bytes is an integer, looked up in a
/// table with open addressing; what it adds is one in the byte of each language that has it.
/// </summary>
internal sealed class SmallWords
{
    private const int LongestWord = sizeof(ulong);
    private const int Slots = 1024;
    private readonly ulong[] _words = new ulong[Slots];
    private readonly ulong[] _hits = new ulong[Slots];

    /// <param name="languages">The words of each language with blanks between them, in lower case.</param>
    public SmallWords(params ReadOnlySpan<string> languages)
    {
        for (int language = 0; language < languages.Length; language++)
        {
            foreach (string word in languages[language].Split(' '))
            {
                ulong packed = Encoding.UTF8.GetBytes(word).Aggregate(0UL, (bytes, value) => (bytes << 8) | value);
                int slot = Slot(packed);
                _words[slot] = packed;
                _hits[slot] |= 1UL << (8 * language);
            }
        }
    }

    /// <summary>The words of a text, a byte a language.</summary>
    /// <param name="utf8">At most 255 words: a byte holds no more.</param>
    /// <param name="letters">The bytes of all words, small or not.</param>
    /// <param name="beyondAscii">Those of them that are not ASCII.</param>
    public ulong Count(ReadOnlySpan<byte> utf8, out int letters, out int beyondAscii)
    {
        ulong hits = 0;
        ulong word = 0;
        int length = 0;
        letters = 0;
        beyondAscii = 0;
        foreach (byte value in utf8)
        {
            uint letter = (uint)(value | 0x20);
            if (letter - 'a' <= 'z' - 'a' || value >= 0x80)
            {
                word = (word << 8) | (value < 0x80 ? letter : value);
                length++;
                beyondAscii += value >> 7;
            }
            else if (length > 0)
            {
                hits += length <= LongestWord ? _hits[Slot(word)] : 0;
                letters += length;
                (word, length) = (0, 0);
            }
        }

        letters += length;
        return hits + (length is > 0 and <= LongestWord ? _hits[Slot(word)] : 0);
    }

    private int Slot(ulong word)
    {
        int slot = (int)((word * 0x9E3779B97F4A7C15) >> 54);
        while (_words[slot] != word && _words[slot] != 0)
        {
            slot = (slot + 1) % Slots;
        }

        return slot;
    }
}

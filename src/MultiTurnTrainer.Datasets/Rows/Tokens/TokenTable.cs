namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>
/// For every id, the bytes that the token stands for in a text, where that can be said without context: byte-level
/// vocabularies and those that write a space as ▁ and a byte as <c>&lt;0x0A&gt;</c>.
/// </summary>
internal sealed class TokenTable
{
    private readonly byte[] _bytes;
    private readonly Entry[] _entries;

    public TokenTable(Tokenizer tokenizer)
    {
        int limit = tokenizer.IdLimit;
        string?[] tokens = new string?[limit];
        bool isByteLevel = true;
        for (int id = 0; id < limit; id++)
        {
            tokens[id] = tokenizer.IdToToken(id);
            isByteLevel &= tokens[id] is null || tokenizer.IsAdded(id) || tokens[id]!.All(c => ByteOf(c) >= 0);
        }

        _entries = new Entry[limit];
        List<byte> all = new(limit * 8);
        for (int id = 0; id < limit; id++)
        {
            bool isAdded = tokenizer.IsAdded(id);
            int start = all.Count;
            if (tokens[id] is string token)
            {
                Append(all, token, isByteLevel && !isAdded);
            }

            _entries[id] = Entry.Of(CollectionsMarshal.AsSpan(all)[start..], start, isAdded);
        }

        _bytes = [.. all];
    }

    /// <summary>The length of a token when the text goes on with it; 0 when it does not, or the id is unknown.</summary>
    /// <param name="id">The token.</param>
    /// <param name="text">The text.</param>
    /// <param name="position">Where the token would begin.</param>
    /// <param name="isAdded">Whether it is an added token.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int MatchAt(int id, ReadOnlySpan<byte> text, int position, out bool isAdded)
    {
        if ((uint)id >= (uint)_entries.Length)
        {
            isAdded = false;
            return 0;
        }

        ref readonly Entry entry = ref _entries[id];
        int length = entry.Length;
        isAdded = entry.IsAdded;
        if (length <= 8 && position + 8 <= text.Length)
        {
            // Most tokens are short: one comparison of eight bytes.
            ulong head = MemoryMarshal.Read<ulong>(text[position..]);
            int spare = 64 - (8 * length);
            return length > 0 && (head ^ entry.Head) << spare == 0 ? length : 0;
        }

        return text[position..].StartsWith(_bytes.AsSpan(entry.Start, length)) ? length : 0;
    }

    /// <summary>The bytes of a token; empty for an unknown id.</summary>
    public ReadOnlySpan<byte> this[int id] =>
        (uint)id < (uint)_entries.Length ? _bytes.AsSpan(_entries[id].Start, _entries[id].Length) : default;

    private static void Append(List<byte> all, string token, bool isByteLevel)
    {
        if (isByteLevel)
        {
            foreach (char c in token)
            {
                all.Add((byte)ByteOf(c));
            }
        }
        else if (
            token.Length == 6
            && token.StartsWith("<0x", StringComparison.Ordinal)
            && token[5] == '>'
            && char.IsAsciiHexDigit(token[3])
            && char.IsAsciiHexDigit(token[4])
        )
        {
            all.Add(Convert.FromHexString(token.AsSpan(3, 2))[0]);
        }
        else
        {
            all.AddRange(System.Text.Encoding.UTF8.GetBytes(token.Replace('▁', ' ')));
        }
    }

    // GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes for U+0100 and up, in order.
    private static int ByteOf(char c)
    {
        if (c is (>= '!' and <= '~') or (>= '\u00A1' and <= '\u00AC') or (>= '\u00AE' and <= '\u00FF'))
        {
            return c;
        }

        return c switch
        {
            >= '\u0100' and <= '\u0120' => c - 0x100,
            >= '\u0121' and <= '\u0142' => c - 0x121 + 0x7F,
            '\u0143' => 0xAD,
            _ => -1,
        };
    }

    // What a look-up needs of a token lies in one cache line.
    private readonly record struct Entry(ulong Head, int Start, int Length, bool IsAdded)
    {
        public static Entry Of(ReadOnlySpan<byte> token, int start, bool isAdded)
        {
            ulong head = 0;
            for (int i = 0; i < Math.Min(8, token.Length); i++)
            {
                head |= (ulong)token[i] << (8 * i);
            }

            return new Entry(head, start, token.Length, isAdded);
        }
    }
}

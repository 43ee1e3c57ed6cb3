namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>
/// For every id, the bytes that the token stands for in a text, where that can be said without context: byte-level
/// vocabularies and those that write a space as ▁ and a byte as <c>&lt;0x0A&gt;</c>.
/// </summary>
internal sealed class TokenTable
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly ulong[] _heads;

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

        _starts = new int[limit + 1];
        List<byte> all = new(limit * 8);
        for (int id = 0; id < limit; id++)
        {
            if (tokens[id] is string token)
            {
                Append(all, token, isByteLevel && !tokenizer.IsAdded(id));
            }

            _starts[id + 1] = all.Count;
        }

        _bytes = [.. all];
        _heads = new ulong[limit];
        for (int id = 0; id < limit; id++)
        {
            ReadOnlySpan<byte> token = this[id];
            for (int i = 0; i < Math.Min(8, token.Length); i++)
            {
                _heads[id] |= (ulong)token[i] << (8 * i);
            }
        }
    }

    /// <summary>The length of a token when the text goes on with it; 0 when it does not, or the id is unknown.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int MatchAt(int id, ReadOnlySpan<byte> text, int position)
    {
        if ((uint)id >= (uint)_heads.Length)
        {
            return 0;
        }

        int length = _starts[id + 1] - _starts[id];
        if (length <= 8 && position + 8 <= text.Length)
        {
            // Most tokens are short: one comparison of eight bytes.
            ulong head = MemoryMarshal.Read<ulong>(text[position..]);
            int spare = 64 - (8 * length);
            return length > 0 && (head ^ _heads[id]) << spare == 0 ? length : 0;
        }

        return text[position..].StartsWith(this[id]) ? length : 0;
    }

    /// <summary>The bytes of a token; empty for an unknown id.</summary>
    public ReadOnlySpan<byte> this[int id] =>
        (uint)id < (uint)(_starts.Length - 1) ? _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]) : default;

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
}

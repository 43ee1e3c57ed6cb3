namespace MultiTurnTrainer.Validation.Rows;

/// <summary>
/// Finds three bytes in a row, each of a set of its own, in one pass for eight such patterns: a pattern is a bit, and each half
/// of a byte looks up the patterns that it may belong to. More may be found than asked for, never less.
/// </summary>
internal sealed class ByteTriples
{
    private const int Length = 3;
    private const int BlockLength = 32;
    private static readonly byte[] _any = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    // By place, for the low and the high half; each table stands in both lanes.
    private readonly (Vector256<byte> Low, Vector256<byte> High) _first;
    private readonly (Vector256<byte> Low, Vector256<byte> High) _second;
    private readonly (Vector256<byte> Low, Vector256<byte> High) _third;

    /// <param name="patterns">A bit, and the bytes of each place; a place left out may hold any byte, or lie behind the text.</param>
    public ByteTriples(IEnumerable<(byte Bit, byte[][] Places)> patterns)
    {
        byte[][] low = [.. Enumerable.Range(0, Length).Select(_ => new byte[16])];
        byte[][] high = [.. Enumerable.Range(0, Length).Select(_ => new byte[16])];
        foreach ((byte bit, byte[][] places) in patterns)
        {
            for (int place = 0; place < Length; place++)
            {
                foreach (byte value in place < places.Length ? places[place] : _any)
                {
                    low[place][value & 15] |= bit;
                    high[place][value >> 4] |= bit;
                }
            }
        }

        _first = (Table(low[0]), Table(high[0]));
        _second = (Table(low[1]), Table(high[1]));
        _third = (Table(low[2]), Table(high[2]));
    }

    /// <summary>The patterns that occur in a text.</summary>
    public byte Patterns(ReadOnlySpan<byte> text)
    {
        Span<byte> end = stackalloc byte[BlockLength + Length];
        Vector256<byte> all = Vector256<byte>.Zero;
        for (int at = 0; at < text.Length; at += BlockLength)
        {
            all |= Find(Block(text, at, end));
        }

        Vector128<ulong> lanes = (all.GetLower() | all.GetUpper()).AsUInt64();
        ulong halves = lanes[0] | lanes[1];
        halves |= halves >> 32;
        halves |= halves >> 16;
        return (byte)(halves | (halves >> 8));
    }

    /// <summary>The next place from an offset on where a pattern begins; −1 when there is none.</summary>
    public int Next(ReadOnlySpan<byte> text, int from)
    {
        Span<byte> end = stackalloc byte[BlockLength + Length];
        for (int at = from; at < text.Length; at += BlockLength)
        {
            Vector256<byte> patterns = Find(Block(text, at, end));
            uint none = Vector256.Equals(patterns, Vector256<byte>.Zero).ExtractMostSignificantBits();
            if (none != uint.MaxValue)
            {
                int found = at + BitOperations.TrailingZeroCount(~none);
                return found < text.Length ? found : -1;
            }
        }

        return -1;
    }

    /// <summary>The bytes from a place on; at the end of the text with zeros behind it.</summary>
    private static ReadOnlySpan<byte> Block(ReadOnlySpan<byte> text, int at, Span<byte> end)
    {
        ReadOnlySpan<byte> block = text[at..];
        if (block.Length >= end.Length)
        {
            return block;
        }

        end.Clear();
        block.CopyTo(end);
        return end;
    }

    private Vector256<byte> Find(ReadOnlySpan<byte> block) =>
        Find(_first, block) & Find(_second, block[1..]) & Find(_third, block[2..]);

    private static Vector256<byte> Find((Vector256<byte> Low, Vector256<byte> High) place, ReadOnlySpan<byte> block)
    {
        Vector256<byte> bytes = Vector256.Create(block);
        return LookUp(place.Low, bytes & Vector256.Create((byte)15)) & LookUp(place.High, bytes >>> 4);
    }

    private static Vector256<byte> Table(byte[] values) => Vector256.Create(Vector128.Create(values));

    /// <summary>The table's values at indexes below 16.</summary>
    private static Vector256<byte> LookUp(Vector256<byte> table, Vector256<byte> indexes) =>
        Avx2.IsSupported
            ? Avx2.Shuffle(table, indexes)
            : Vector256.Create(
                Vector128.ShuffleNative(table.GetLower(), indexes.GetLower()),
                Vector128.ShuffleNative(table.GetUpper(), indexes.GetUpper())
            );
}

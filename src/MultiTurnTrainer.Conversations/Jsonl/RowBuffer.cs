namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Finds where a row ends, over chunks, without judging it.</summary>
internal interface IRowScanner
{
    /// <summary>Looks through more text.</summary>
    /// <param name="text">The text after what was seen before.</param>
    /// <param name="newlines">Line ends up to the returned position, or in the whole text.</param>
    /// <returns>Bytes up to the row's end, or −1 when it goes on.</returns>
    int Advance(ReadOnlySpan<byte> text, out int newlines);
}

/// <summary>
/// A stream seen through one buffer that is as long as the longest row and never more than the limit. Rows lie in the
/// buffer: what was handed out is valid until the next call.
/// </summary>
/// <param name="stream">The bytes; disposed with this object.</param>
/// <param name="limit">Most bytes a row may have.</param>
internal sealed class RowBuffer(Stream stream, int limit) : IDisposable
{
    private const int Block = 1 << 18;

    private byte[] _bytes = new byte[Block];
    private int _start;
    private int _end;
    private bool _ended;
    private MttException? _damage;

    /// <summary>Bytes read from the stream.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The line at hand, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>Bytes before the place at hand on its line.</summary>
    public int Column { get; private set; }

    /// <summary>Reads a first block, to judge the file by.</summary>
    public ReadOnlySpan<byte> Begin()
    {
        try
        {
            while (_end < _bytes.Length && Fill()) { }
        }
        catch (MttException problem)
        {
            // The rows before the damage come first.
            _damage = problem;
        }

        return _bytes.AsSpan(_start, _end - _start);
    }

    /// <summary>The next byte, or −1 at the end.</summary>
    public int Peek() => _start < _end || Fill() ? _bytes[_start] : -1;

    /// <summary>Steps over bytes that <see cref="Begin"/> or <see cref="Peek"/> showed.</summary>
    public void Step(int count = 1)
    {
        for (; count > 0; count--)
        {
            bool isBreak = _bytes[_start++] == (byte)'\n';
            Line += isBreak ? 1 : 0;
            Column = isBreak ? 0 : Column + 1;
        }
    }

    /// <summary>Steps over white space.</summary>
    public void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n')
        {
            Step();
        }
    }

    /// <summary>Enough of what follows to be recognised in a report; a copy.</summary>
    public ReadOnlyMemory<byte> Head() => _bytes.AsMemory(_start, Math.Min(256, _end - _start)).ToArray();

    /// <summary>Takes the text up to where the scanner says the row ends, or up to the end of the stream.</summary>
    /// <param name="scanner">A fresh scanner.</param>
    /// <param name="tooLong">Whether the row was longer than the limit: it is passed over, and its head returned.</param>
    public ReadOnlyMemory<byte> Next<TScanner>(ref TScanner scanner, out bool tooLong)
        where TScanner : struct, IRowScanner
    {
        int seen = 0;
        long newlines = 0;
        while (true)
        {
            int stop = scanner.Advance(_bytes.AsSpan(_start + seen, _end - _start - seen), out int more);
            newlines += more;
            int length = stop >= 0 ? seen + stop : _end - _start;
            tooLong = length > limit;
            if (stop >= 0 || _ended || tooLong)
            {
                ReadOnlyMemory<byte> row = tooLong ? Head() : _bytes.AsMemory(_start, length);
                Pass(length, newlines);
                if (stop < 0)
                {
                    PassOver(ref scanner);
                }

                return row;
            }

            seen = length;
            Fill();
        }
    }

    public void Dispose() => stream.Dispose();

    private void PassOver<TScanner>(ref TScanner scanner)
        where TScanner : struct, IRowScanner
    {
        while (Fill())
        {
            int stop = scanner.Advance(_bytes.AsSpan(_start, _end - _start), out int newlines);
            Pass(stop < 0 ? _end - _start : stop, newlines);
            if (stop >= 0)
            {
                return;
            }
        }
    }

    private void Pass(int length, long newlines)
    {
        Line += newlines;
        Column = newlines == 0 ? Column + length : length - _bytes.AsSpan(_start, length).LastIndexOf((byte)'\n') - 1;
        _start += length;
    }

    /// <summary>Reads more, moving what is left to the front and growing only when a row needs it.</summary>
    private bool Fill()
    {
        if (_ended)
        {
            return false;
        }

        if (_damage is not null)
        {
            throw _damage;
        }

        if (_end == _bytes.Length)
        {
            if (_start > 0)
            {
                _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            }
            else
            {
                // In large steps: the sum of all that was outgrown stays a third of the last.
                Array.Resize(ref _bytes, (int)Math.Min(_bytes.Length * 4L, limit + (long)Block));
            }

            _end -= _start;
            _start = 0;
        }

        int read = stream.Read(_bytes, _end, _bytes.Length - _end);
        _ended = read == 0;
        _end += read;
        BytesRead += read;
        return !_ended;
    }
}

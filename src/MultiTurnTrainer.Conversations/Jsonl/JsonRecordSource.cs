using System.Text;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>
/// Splits a byte stream into rows: lines, the elements of one JSON array, or JSON values one after another. Memory is
/// one buffer, as long as the longest row and never more than the limit.
/// </summary>
internal sealed class JsonRecordSource : IRecordSource
{
    private readonly Stream _stream;
    private readonly int _limit;
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private bool _ended;
    private long _line = 1;
    private int _column;
    private JsonLayout? _layout;
    private RecordFlags _pending;
    private bool _afterElement;
    private MttException? _damage;
    private bool _finished;

    /// <param name="stream">The bytes; disposed with this object.</param>
    /// <param name="file">The name, for messages.</param>
    /// <param name="limit">Most bytes a row may have.</param>
    public JsonRecordSource(Stream stream, string file, int limit)
    {
        _stream = stream;
        File = file;
        _limit = limit;
    }

    public string File { get; }

    public long BytesRead { get; private set; }

    public string Container =>
        _layout switch
        {
            JsonLayout.Array => "JSON array",
            JsonLayout.Values => "JSON values",
            _ => "JSON lines",
        };

    public bool TryRead(out SourceRecord record)
    {
        _layout ??= Begin();
        return _layout switch
        {
            JsonLayout.Lines => NextLine(out record),
            JsonLayout.Array => NextElement(out record),
            _ => NextValue(out record),
        };
    }

    public void Dispose() => _stream.Dispose();

    private JsonLayout Begin()
    {
        try
        {
            while (_end < _buffer.Length && Fill()) { }
        }
        catch (MttException problem)
        {
            // The rows before the damage come first.
            _damage = problem;
        }

        if (_buffer.AsSpan(0, _end).StartsWith(Encoding.UTF8.Preamble))
        {
            _start = 3;
            _column = 3;
            _pending = RecordFlags.ByteOrderMark;
        }

        JsonLayout layout = JsonLayouts.Of(_buffer.AsSpan(_start, _end - _start));
        if (layout == JsonLayout.Array)
        {
            SkipSpace();
            Step();
        }

        return layout;
    }

    private bool NextLine(out SourceRecord record)
    {
        int searched = _start;
        while (true)
        {
            int found = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (found >= 0 || _ended)
            {
                int stop = found >= 0 ? searched + found : _end;
                if (found < 0 && stop == _start)
                {
                    record = default;
                    return false;
                }

                record = Line(stop);
                _start = found >= 0 ? stop + 1 : stop;
                _line++;
                _column = 0;
                return true;
            }

            searched = _end;
            if (_end - _start > _limit)
            {
                record = new SourceRecord(Head(), _line, _column, Take() | RecordFlags.TooLong);
                SkipLine();
                return true;
            }

            int moved = _start;
            Fill();
            searched -= moved - _start;
        }
    }

    private SourceRecord Line(int stop)
    {
        int length = stop - _start;
        RecordFlags flags = Take();
        if (length > 0 && _buffer[stop - 1] == (byte)'\r')
        {
            length--;
            flags |= RecordFlags.CarriageReturn;
        }

        ReadOnlyMemory<byte> bytes = _buffer.AsMemory(_start, length);
        if (length > _limit)
        {
            return new SourceRecord(Head(), _line, _column, flags | RecordFlags.TooLong);
        }

        if (length == 0 || (bytes.Span[0] <= 0x20 && bytes.Span.Trim(" \t\r"u8).IsEmpty))
        {
            flags |= RecordFlags.Blank;
        }

        return new SourceRecord(bytes, _line, _column, flags);
    }

    /// <summary>Enough of an overlong row to be recognised in a report.</summary>
    private ReadOnlyMemory<byte> Head() => _buffer.AsMemory(_start, Math.Min(256, _end - _start)).ToArray();

    private void SkipLine()
    {
        while (true)
        {
            int found = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (found >= 0)
            {
                _start += found + 1;
                _line++;
                _column = 0;
                return;
            }

            _start = _end;
            if (!Fill())
            {
                return;
            }
        }
    }

    private bool NextElement(out SourceRecord record)
    {
        record = default;
        if (_finished)
        {
            return false;
        }

        SkipSpace();
        (long Line, int Column)? comma = null;
        if (_afterElement && Peek() == ',')
        {
            comma = (_line, _column);
            Step();
            SkipSpace();
        }

        switch (Peek())
        {
            case < 0:
                _finished = true;
                record = new SourceRecord(default, _line, _column, Take() | RecordFlags.Unclosed);
                return true;

            case ']' when comma is var (line, column):
                // Every JSON reader refuses the file for it: a bad row of its own.
                _afterElement = false;
                record = new SourceRecord(","u8.ToArray(), line, column, Take());
                return true;

            case ']':
                Step();
                SkipSpace();
                _finished = true;
                if (Peek() < 0)
                {
                    return false;
                }

                // Text after the array: hand it over as one bad row rather than lose it silently.
                record = new SourceRecord(Head(), _line, _column, Take());
                return true;

            case int next:
                _pending |=
                    _afterElement && comma is null && next is not (',' or '}') ? RecordFlags.NoComma : RecordFlags.None;
                _afterElement = next != ',';
                return Value(out record);
        }
    }

    private bool NextValue(out SourceRecord record)
    {
        record = default;
        SkipSpace();
        return !_finished && Peek() >= 0 && Value(out record);
    }

    private bool Value(out SourceRecord record)
    {
        ValueScanner scanner = default;
        int scanned = 0;
        long line = _line;
        int column = _column;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + scanned, _end - _start - scanned);
            int stop = scanner.Advance(rest, out int newlines);
            _line += newlines;
            if (stop >= 0 || _ended)
            {
                // A stray closing bracket is a row of its own, so that reading always goes on.
                int length = stop >= 0 ? Math.Max(scanned + stop, 1) : _end - _start;
                ReadOnlyMemory<byte> bytes = _buffer.AsMemory(_start, length);
                RecordFlags flags = Take() | (length > _limit ? RecordFlags.TooLong : RecordFlags.None);
                record = new SourceRecord(length > _limit ? Head() : bytes, line, column, flags);
                Advance(length);
                return true;
            }

            scanned = _end - _start;
            if (scanned > _limit)
            {
                record = new SourceRecord(Head(), line, column, Take() | RecordFlags.TooLong);
                SkipValue(ref scanner);
                return true;
            }

            Fill();
        }
    }

    private void SkipValue(ref ValueScanner scanner)
    {
        _start = _end;
        while (Fill())
        {
            int stop = scanner.Advance(_buffer.AsSpan(_start, _end - _start), out int newlines);
            _line += newlines;
            if (stop >= 0)
            {
                Advance(stop);
                return;
            }

            _start = _end;
        }

        _finished = true;
    }

    /// <summary>Steps over a row whose line ends were counted already.</summary>
    private void Advance(int length)
    {
        int lastBreak = _buffer.AsSpan(_start, length).LastIndexOf((byte)'\n');
        _column = lastBreak < 0 ? _column + length : length - lastBreak - 1;
        _start += length;
    }

    private RecordFlags Take()
    {
        RecordFlags flags = _pending;
        _pending = RecordFlags.None;
        return flags;
    }

    private int Peek() => _start < _end || Fill() ? _buffer[_start] : -1;

    private void Step()
    {
        _start++;
        _column++;
    }

    private void SkipSpace()
    {
        while (Peek() is int next && next is ' ' or '\t' or '\r' or '\n')
        {
            Step();
            if (next == '\n')
            {
                _line++;
                _column = 0;
            }
        }
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

        if (_end == _buffer.Length)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            }
            else
            {
                // In large steps: the sum of all that was outgrown stays a third of the last.
                Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 4L, _limit + (1L << 18)));
            }

            _end -= _start;
            _start = 0;
        }

        int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _ended = read == 0;
        _end += read;
        BytesRead += read;
        return !_ended;
    }
}

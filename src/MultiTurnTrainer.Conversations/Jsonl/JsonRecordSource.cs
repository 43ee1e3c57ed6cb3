namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Splits a byte stream into rows: lines, the elements of one JSON array, or JSON values one after another.</summary>
/// <param name="stream">The bytes; disposed with this object.</param>
/// <param name="file">The name, for messages.</param>
/// <param name="limit">Most bytes a row may have.</param>
internal sealed class JsonRecordSource(Stream stream, string file, int limit) : IRecordSource
{
    private readonly RowBuffer _text = new(stream, limit);
    private JsonLayout? _layout;
    private RecordFlags _pending;
    private bool _afterRow;
    private bool _finished;

    public string File => file;

    public long BytesRead => _text.BytesRead;

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

    public void Dispose() => _text.Dispose();

    private JsonLayout Begin()
    {
        ReadOnlySpan<byte> text = _text.Begin();
        if (text.StartsWith(Encoding.UTF8.Preamble))
        {
            text = text[3..];
            _text.Step(3);
            _pending = RecordFlags.ByteOrderMark;
        }

        JsonLayout layout = JsonLayouts.Of(text);
        if (layout == JsonLayout.Array)
        {
            _text.SkipSpace();
            _text.Step();
        }

        return layout;
    }

    private bool NextLine(out SourceRecord record)
    {
        record = default;
        if (_afterRow && _text.Peek() == '\n')
        {
            _text.Step();
        }

        _afterRow = true;
        if (_text.Peek() < 0)
        {
            return false;
        }

        LineScanner scanner = default;
        (long line, int column) = (_text.Line, _text.Column);
        ReadOnlyMemory<byte> bytes = _text.Next(ref scanner, out bool tooLong);
        RecordFlags flags = Take();
        if (tooLong)
        {
            record = new SourceRecord(bytes, line, column, flags | RecordFlags.TooLong);
            return true;
        }

        if (bytes.Span is [.., (byte)'\r'])
        {
            bytes = bytes[..^1];
            flags |= RecordFlags.CarriageReturn;
        }

        if (bytes.IsEmpty || (bytes.Span[0] <= 0x20 && bytes.Span.Trim(" \t\r"u8).IsEmpty))
        {
            flags |= RecordFlags.Blank;
        }

        record = new SourceRecord(bytes, line, column, flags);
        return true;
    }

    private bool NextElement(out SourceRecord record)
    {
        record = default;
        if (_finished)
        {
            return false;
        }

        _text.SkipSpace();
        (long Line, int Column)? comma = null;
        if (_afterRow && _text.Peek() == ',')
        {
            comma = (_text.Line, _text.Column);
            _text.Step();
            _text.SkipSpace();
        }

        switch (_text.Peek())
        {
            case < 0:
                _finished = true;
                record = new SourceRecord(default, _text.Line, _text.Column, Take() | RecordFlags.Unclosed);
                return true;

            case ']' when comma is var (line, column):
                // Every JSON reader refuses the file for it: a bad row of its own.
                _afterRow = false;
                record = new SourceRecord(","u8.ToArray(), line, column, Take());
                return true;

            case ']':
                _text.Step();
                _text.SkipSpace();
                _finished = true;
                if (_text.Peek() < 0)
                {
                    return false;
                }

                // Text after the array: hand it over as one bad row rather than lose it silently.
                record = new SourceRecord(_text.Head(), _text.Line, _text.Column, Take());
                return true;

            case int next:
                _pending |=
                    _afterRow && comma is null && next is not (',' or '}') ? RecordFlags.NoComma : RecordFlags.None;
                _afterRow = next != ',';
                record = Value();
                return true;
        }
    }

    private bool NextValue(out SourceRecord record)
    {
        record = default;
        _text.SkipSpace();
        if (_text.Peek() < 0)
        {
            return false;
        }

        record = Value();
        return true;
    }

    private SourceRecord Value()
    {
        (long line, int column) = (_text.Line, _text.Column);
        if (_text.Peek() is int stray and (',' or ']' or '}'))
        {
            // A row of its own, so that reading always goes on.
            _text.Step();
            return new SourceRecord(new[] { (byte)stray }, line, column, Take());
        }

        ValueScanner scanner = default;
        ReadOnlyMemory<byte> bytes = _text.Next(ref scanner, out bool tooLong);
        return new SourceRecord(bytes, line, column, Take() | (tooLong ? RecordFlags.TooLong : RecordFlags.None));
    }

    private RecordFlags Take()
    {
        RecordFlags flags = _pending;
        _pending = RecordFlags.None;
        return flags;
    }
}

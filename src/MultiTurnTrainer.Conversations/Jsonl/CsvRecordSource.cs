using MultiTurnTrainer.Conversations.Formats;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>
/// Rows of a CSV or TSV file as JSON objects, a property a column. In the columns that hold structure (<c>messages</c>,
/// <c>tools</c>) a cell that is a JSON list or object stays one, in those that hold weights (<c>weight</c>, <c>loss</c>)
/// a number, true or false; every other cell is a text, and empty cells are left out. Rows are cut here and each is read
/// by itself, so that a broken or endless one is a row of its own and the next is read.
/// </summary>
internal sealed class CsvRecordSource : IRecordSource
{
    private static readonly HashSet<string> _structures = new(StringComparer.Ordinal)
    {
        "messages",
        "conversations",
        "conversation",
        "dialogue",
        "dialog",
        "chat",
        "history",
        "tools",
        "functions",
        "tool_calls",
        "documents",
        "chat_template_kwargs",
        "kwargs",
        "metadata",
    };

    private static readonly HashSet<string> _messages = new(StringComparer.Ordinal)
    {
        "prompt",
        "completion",
        "chosen",
        "rejected",
    };

    private readonly RowBuffer _text;
    private readonly byte _separator;
    private readonly CsvReaderOptions _options;
    private readonly ByteBuilder _row = new();
    private readonly JsonTape _cell = new();
    private Column[]? _columns;
    private CsvMalformedReason? _malformed;

    /// <param name="stream">The text; disposed with this object.</param>
    /// <param name="file">The name, for messages.</param>
    /// <param name="separator">What stands between cells.</param>
    /// <param name="limit">Most bytes a row may have.</param>
    public CsvRecordSource(Stream stream, string file, char separator, int limit)
    {
        File = file;
        _text = new RowBuffer(stream, limit);
        _separator = (byte)separator;
        _options = new CsvReaderOptions
        {
            Separator = separator,
            HasHeader = false,
            OnMalformedRecord = record => _malformed = record.Reason,
        };
    }

    public string File { get; }

    public long BytesRead => _text.BytesRead;

    public bool TryRead(out SourceRecord record)
    {
        record = default;
        _columns ??= Header();
        if (!TryCut(out ReadOnlyMemory<byte> bytes, out long line, out bool tooLong))
        {
            return false;
        }

        if (tooLong)
        {
            record = new SourceRecord(bytes, line, 0, RecordFlags.TooLong);
            return true;
        }

        using CsvReader cells = Cells(bytes);
        record = Problem(cells, bytes) is { } problem
            ? new SourceRecord(bytes, line, 0, RecordFlags.None, problem)
            : new SourceRecord(Write(cells), line, 0, RecordFlags.None);
        return true;
    }

    public void Dispose() => _text.Dispose();

    private Column[] Header()
    {
        _text.Step(_text.Begin().StartsWith("\uFEFF"u8) ? 3 : 0);
        if (!TryCut(out ReadOnlyMemory<byte> bytes, out long line, out bool tooLong))
        {
            return [];
        }

        using CsvReader cells = Cells(bytes);
        if (tooLong || _malformed is not null)
        {
            throw new MttException($"{File}:{line}: the header is not CSV", "The first row names the columns.");
        }

        List<Column> columns = [];
        for (int i = 0; i < cells.FieldCount; i++)
        {
            _row.Clear();
            byte[] key = [.. _row.Add((byte)'"').AddEscaped(cells.GetSpan(i)).Add((byte)'"').Add((byte)':').Span];
            string name = Encoding.UTF8.GetString(cells.GetSpan(i));
            columns.Add(new Column(key, KindOf(name)));
        }

        return [.. columns];
    }

    /// <summary>Cuts the next row that is not empty.</summary>
    private bool TryCut(out ReadOnlyMemory<byte> bytes, out long line, out bool tooLong)
    {
        while (_text.Peek() is '\r' or '\n')
        {
            _text.Step();
        }

        line = _text.Line;
        CsvRowScanner scanner = new(_separator);
        bytes = _text.Next(ref scanner, out tooLong);
        return !bytes.IsEmpty;
    }

    private CsvReader Cells(ReadOnlyMemory<byte> row)
    {
        _malformed = null;
        CsvReader cells = CsvReader.Create(row, _options);
        cells.Read();
        return cells;
    }

    private string? Problem(CsvReader cells, ReadOnlyMemory<byte> row) =>
        _malformed switch
        {
            CsvMalformedReason.UnterminatedQuote =>
                "a quote opens a cell and is never closed: all lines from here on belong to it",
            CsvMalformedReason.TextAfterClosingQuote => "a closing quote is followed by text",
            not null => "a quote is inside a cell that does not begin with one",
            null when cells.RawRecord.Length != row.Length => "its quotes do not pair",
            null when cells.FieldCount > _columns!.Length => "the row has more cells than the header",
            null => null,
        };

    private ReadOnlyMemory<byte> Write(CsvReader cells)
    {
        _row.Clear();
        _row.Add((byte)'{');
        for (int i = 0; i < cells.FieldCount; i++)
        {
            ReadOnlySpan<byte> cell = cells.GetSpan(i);
            if (cell.IsEmpty)
            {
                continue;
            }

            Column column = _columns![i];
            _row.Add(_row.Length > 1 ? ","u8 : []).Add(column.Key);
            int start = _row.Length;
            if (column.Kind != ColumnKind.Text && IsValue(column.Kind, cell, start))
            {
                continue;
            }

            _row.Truncate(start).Add((byte)'"').AddEscaped(cell).Add((byte)'"');
        }

        _row.Add((byte)'}');
        return _row.Memory;
    }

    /// <summary>Writes a cell as the JSON it is, where its column holds such values.</summary>
    private bool IsValue(ColumnKind kind, ReadOnlySpan<byte> cell, int start)
    {
        if (kind == ColumnKind.Weight)
        {
            // pandas writes True and False.
            cell =
                Ascii.EqualsIgnoreCase(cell, "true"u8) ? "true"u8
                : Ascii.EqualsIgnoreCase(cell, "false"u8) ? "false"u8
                : cell;
            return _cell.Scan(_row.Add(cell).Memory[start..])
                && _cell[0].Kind is JsonKind.Number or JsonKind.True or JsonKind.False;
        }

        return cell[0] is (byte)'[' or (byte)'{'
            && _cell.Scan(_row.Add(cell).Memory[start..])
            && (kind == ColumnKind.Structure || IsMessages(_cell));
    }

    private static ColumnKind KindOf(string name) =>
        _structures.Contains(name) ? ColumnKind.Structure
        : _messages.Contains(name) ? ColumnKind.Messages
        : SupervisionReader.Keys.Contains(name) ? ColumnKind.Weight
        : ColumnKind.Text;

    private static bool IsMessages(JsonTape cell)
    {
        for (int at = 1; cell[0].Kind == JsonKind.Array && at < cell[0].Next; at = cell[at].Next)
        {
            if (Speech.Of(cell, at).Speaker < 0)
            {
                return false;
            }
        }

        return cell[0].Kind == JsonKind.Array && cell[0].Next > 1;
    }

    /// <summary>A column.</summary>
    /// <param name="Key">Its name as <c>"name":</c>.</param>
    /// <param name="Kind">What its cells are.</param>
    private readonly record struct Column(byte[] Key, ColumnKind Kind);

    /// <summary>What the cells of a column are.</summary>
    private enum ColumnKind
    {
        /// <summary>Texts.</summary>
        Text,

        /// <summary>JSON lists and objects; anything else is a text.</summary>
        Structure,

        /// <summary>Lists of messages; any other JSON is a text.</summary>
        Messages,

        /// <summary>Numbers, true and false; anything else is a text.</summary>
        Weight,
    }
}

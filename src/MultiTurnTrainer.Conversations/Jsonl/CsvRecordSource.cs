using System.Globalization;
using CsvHelper;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>
/// Rows of a CSV or TSV file as JSON objects, a property a column. A cell that is a JSON list or object stays one
/// (<c>messages</c>, <c>tools</c>); every other cell is a text, and empty cells are left out.
/// </summary>
internal sealed class CsvRecordSource : IRecordSource
{
    private readonly CountingStream _stream;
    private readonly CsvReader _reader;
    private readonly ByteBuilder _row = new();
    private readonly JsonTape _cell = new();
    private byte[] _copy = [];

    /// <param name="stream">The text; disposed with this object.</param>
    /// <param name="file">The name, for messages.</param>
    /// <param name="separator">What stands between cells.</param>
    /// <param name="limit">Most bytes a row may have.</param>
    public CsvRecordSource(Stream stream, string file, char separator, int limit)
    {
        File = file;
        _stream = new CountingStream(stream);
        CsvReaderOptions options = new()
        {
            Separator = separator,
            MaxRecordSize = limit,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
        };
        _reader = CsvReader.Create(_stream, options);
    }

    public string File { get; }

    public string Container => "CSV";

    public long BytesRead => _stream.Count;

    public bool TryRead(out SourceRecord record)
    {
        try
        {
            if (!_reader.Read())
            {
                record = default;
                return false;
            }
        }
        catch (CsvFormatException problem)
        {
            throw Broken(problem.LineNumber, problem.Message, problem);
        }

        if (_reader.FieldCount > _reader.Headers.Count)
        {
            _row.Clear();
            _row.Add(_reader.RawRecord);
            record = new SourceRecord(_row.Memory, _reader.LineNumber, 0, RecordFlags.ExtraCells);
            return true;
        }

        Write();
        record = new SourceRecord(_row.Memory, _reader.LineNumber, 0, RecordFlags.None);
        return true;
    }

    public void Dispose() => _reader.Dispose();

    private void Write()
    {
        _row.Clear();
        _row.Add((byte)'{');
        for (int i = 0; i < _reader.FieldCount; i++)
        {
            ReadOnlySpan<byte> cell = _reader.GetSpan(i);
            if (cell.IsEmpty)
            {
                continue;
            }

            _row.Add(_row.Length > 1 ? ","u8 : []).AddString(_reader.Headers[i]).Add((byte)':');
            if (cell[0] is (byte)'[' or (byte)'{' && IsJson(cell))
            {
                _row.Add(cell);
            }
            else
            {
                _row.Add((byte)'"').AddEscaped(cell).Add((byte)'"');
            }
        }

        _row.Add((byte)'}');
    }

    private bool IsJson(ReadOnlySpan<byte> cell)
    {
        if (_copy.Length < cell.Length)
        {
            _copy = new byte[cell.Length * 2];
        }

        cell.CopyTo(_copy);
        return _cell.Scan(_copy.AsMemory(0, cell.Length));
    }

    private MttException Broken(long line, string what, Exception? cause) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"{File}:{line}: not CSV: {what}"),
            "Quote cells with commas, quotes or line breaks, and double the quotes inside.",
            cause
        );
}

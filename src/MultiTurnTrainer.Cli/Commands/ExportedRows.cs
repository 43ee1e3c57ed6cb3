using MultiTurnTrainer.Validation.Redaction;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The rows that an export writes, redacted where that was asked for.</summary>
internal sealed class ExportedRows : IDisposable
{
    private readonly ConversationWriter _writer;
    private readonly string _file;
    private readonly string? _list;
    private readonly Redactor? _redactor;
    private readonly RedactionList? _redacted;
    private long _leftOut;

    /// <param name="output">Where rows go; left open.</param>
    /// <param name="path">The file's name; null for standard output, beside which no list is written.</param>
    /// <param name="force">Whether a list that is there may be replaced.</param>
    /// <param name="fields">Fields that are redacted; null redacts nothing.</param>
    public ExportedRows(Stream output, string? path, bool force, IReadOnlyList<string>? fields)
    {
        _writer = new ConversationWriter(output);
        _file = path ?? "-";
        if (fields is not null)
        {
            _redactor = new Redactor(fields);
            _list = path is null ? null : Path.ChangeExtension(path, ".redacted.jsonl");
            _redacted = new RedactionList(_list, force);
        }
    }

    /// <summary>Rows written.</summary>
    public long Count => _writer.Count;

    /// <summary>Writes a row; one that cannot be redacted is told and left out.</summary>
    public void Write(JsonView row)
    {
        if (_redactor is null)
        {
            _writer.Write(row);
            return;
        }

        RedactedRow redacted = _redactor.Redact(row);
        if (redacted.Refusal is { } refusal)
        {
            _leftOut++;
            Console.Error.WriteLine(Printable.Of($"{row.GetString("id") ?? "a row"}: left out: {refusal}"));
            return;
        }

        _writer.Write(redacted.Json);
        _redacted!.Add(_file, _writer.Count, redacted.Spans);
    }

    /// <summary>Gives the list its name and says what was replaced.</summary>
    public void Commit()
    {
        if (_redacted is not null)
        {
            _redacted.Commit();
            Console.Error.Write(RedactOptions.Report(_redacted.Counts, _list));
            if (_leftOut > 0)
            {
                Console.Error.WriteLine($"{Counted.Of(_leftOut, "row")} left out");
            }
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _redacted?.Dispose();
    }
}

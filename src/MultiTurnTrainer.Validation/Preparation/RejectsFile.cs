using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Redaction;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>
/// Rows that were refused: a line each, with the place, the reasons, and the original bytes as text, or in base64 when they
/// are no UTF-8. Appears when it is committed; an empty one does not appear.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="force">Whether a non-empty file may be replaced.</param>
/// <param name="redactor">Redacts the reasons and leaves the bytes out, for they may be no JSON that could be redacted; null keeps all.</param>
public sealed class RejectsFile(string path, bool force, Redactor? redactor = null) : IDisposable
{
    private readonly ListFile _list = new(path, force);

    /// <summary>Writes a row.</summary>
    public void Write(ReadOnlyMemory<byte> row, long line, IReadOnlyList<Finding> findings)
    {
        JsonFields rejected = new()
        {
            ["file"] = findings[0].File,
            ["line"] = line,
            ["reasons"] = Reasons(findings),
        };
        if (redactor is null)
        {
            bool text = Utf8.IsValid(row.Span);
            rejected[text ? "text" : "base64"] = text ? Encoding.UTF8.GetString(row.Span) : row.ToArray();
        }

        _list.Write(rejected);
    }

    /// <summary>Passes over a row of another shard; what its reasons say has one placeholder in all shards.</summary>
    public void Skip(IReadOnlyList<Finding> findings)
    {
        if (redactor is not null)
        {
            Reasons(findings);
        }
    }

    /// <summary>Gives the file its name, if it holds anything.</summary>
    public void Commit() => _list.Commit();

    /// <inheritdoc/>
    public void Dispose() => _list.Dispose();

    private List<object?> Reasons(IReadOnlyList<Finding> findings) =>
        [
            .. findings
                .Where(finding => finding.Severity == Severity.Error)
                .Select(finding =>
                    new JsonFields
                    {
                        ["code"] = finding.Code,
                        ["message"] = redactor?.RedactMessage(finding.Message) ?? finding.Message,
                    }.AddPresent("path", finding.Path is { } place ? redactor?.RedactPath(place) ?? place : null)
                ),
        ];
}

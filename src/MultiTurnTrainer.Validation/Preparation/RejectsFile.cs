using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>
/// Rows that were refused: a line each, with the place, the reasons, and the original bytes as text, or in base64 when they
/// are no UTF-8. Appears when it is committed; an empty one does not appear.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="force">Whether a non-empty file may be replaced.</param>
public sealed class RejectsFile(string path, bool force) : IDisposable
{
    private readonly ListFile _list = new(path, force);

    /// <summary>Writes a row.</summary>
    public void Write(ReadOnlyMemory<byte> row, long line, IReadOnlyList<Finding> findings)
    {
        bool text = Utf8.IsValid(row.Span);
        _list.Write(
            new JsonFields
            {
                ["file"] = findings[0].File,
                ["line"] = line,
                ["reasons"] = findings
                    .Where(finding => finding.Severity == Severity.Error)
                    .Select(finding =>
                        new JsonFields { ["code"] = finding.Code, ["message"] = finding.Message }.AddPresent(
                            "path",
                            finding.Path
                        )
                    ),
                [text ? "text" : "base64"] = text ? Encoding.UTF8.GetString(row.Span) : row.ToArray(),
            }
        );
    }

    /// <summary>Gives the file its name, if it holds anything.</summary>
    public void Commit() => _list.Commit();

    /// <inheritdoc/>
    public void Dispose() => _list.Dispose();
}

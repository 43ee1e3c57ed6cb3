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

    /// <summary>Rows written.</summary>
    public long Count => _list.Count;

    /// <summary>Writes a row.</summary>
    public void Write(ReadOnlyMemory<byte> row, long line, IReadOnlyList<Finding> findings) =>
        _list.Write(
            findings[0].File,
            line,
            writer =>
            {
                writer.WriteStartArray("reasons");
                foreach (Finding finding in findings.Where(finding => finding.Severity == Severity.Error))
                {
                    writer.WriteStartObject();
                    writer.WriteString("code", finding.Code);
                    writer.WriteString("message", finding.Message);
                    if (finding.Path is not null)
                    {
                        writer.WriteString("path", finding.Path);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                if (Utf8.IsValid(row.Span))
                {
                    writer.WriteString("text", row.Span);
                }
                else
                {
                    writer.WriteBase64String("base64", row.Span);
                }
            }
        );

    /// <summary>Gives the file its name, if it holds anything.</summary>
    public void Commit() => _list.Commit();

    /// <inheritdoc/>
    public void Dispose() => _list.Dispose();
}

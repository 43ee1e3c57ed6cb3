using System.Text.Json;
using System.Text.Unicode;
using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Validation;

/// <summary>
/// Where <c>mtt validate</c> puts rows: the accepted ones as they are or repaired, and the rejected ones with their
/// original bytes and the reasons. Both files appear when everything is done, or not at all.
/// </summary>
internal sealed class RowOutputs : IDisposable
{
    private readonly OutputFile? _accepted;
    private readonly OutputFile? _rejected;

    public RowOutputs(string? accepted, string? rejected, bool force)
    {
        _accepted = accepted is null ? null : OutputFile.Create(accepted, force);
        _rejected = rejected is null ? null : OutputFile.Create(rejected, force);
    }

    /// <summary>Writes a good row.</summary>
    public void Accept(ReadOnlyMemory<byte> row)
    {
        if (_accepted is not null)
        {
            // Rows of pretty-printed files hold line breaks, which are white space in JSON.
            Write(_accepted, row.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0 ? row.Span : OneLine(row));
        }
    }

    /// <summary>Writes a bad row: its place, its reasons, and its bytes as text, or in base64 when they are no UTF-8.</summary>
    public void Reject(ReadOnlyMemory<byte> row, long line, IReadOnlyList<Finding> findings)
    {
        if (_rejected is null)
        {
            return;
        }

        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonText.Writer))
        {
            writer.WriteStartObject();
            writer.WriteString("file", findings[0].File);
            writer.WriteNumber("line", line);
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

            writer.WriteEndObject();
        }

        Write(_rejected, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>Gives the files their names.</summary>
    public void Commit()
    {
        _accepted?.Commit();
        _rejected?.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _accepted?.Dispose();
        _rejected?.Dispose();
    }

    private static byte[] OneLine(ReadOnlyMemory<byte> row)
    {
        using JsonDocument parsed = JsonDocument.Parse(row, new JsonDocumentOptions { MaxDepth = 256 });
        return JsonSerializer.SerializeToUtf8Bytes(parsed.RootElement, JsonText.Compact);
    }

    private static void Write(OutputFile file, ReadOnlySpan<byte> line)
    {
        try
        {
            file.Stream.Write(line);
            file.Stream.WriteByte((byte)'\n');
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(file.Path, problem);
        }
    }
}

using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>Findings and summaries as JSON texts.</summary>
internal static class FindingJson
{
    /// <summary>The version of the <c>json</c> and <c>jsonl</c> reports.</summary>
    public const int SchemaVersion = 1;

    /// <summary>A severity's name.</summary>
    public static string Name(Severity severity) =>
        severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            _ => "info",
        };

    /// <summary>One JSON text on one line.</summary>
    public static string Line(Action<Utf8JsonWriter> write)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonText.Writer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>The properties of a finding.</summary>
    public static void Write(Utf8JsonWriter writer, Finding finding)
    {
        writer.WriteString("code", finding.Code);
        writer.WriteString("severity", Name(finding.Severity));
        writer.WriteString("message", finding.Message);
        writer.WriteString("file", finding.File);
        writer.WriteNumber("line", finding.Line);
        if (finding.Path is not null)
        {
            writer.WriteString("path", finding.Path);
        }

        if (finding.Hint is not null)
        {
            writer.WriteString("hint", finding.Hint);
        }
    }

    /// <summary>The properties of a summary.</summary>
    public static void Write(Utf8JsonWriter writer, ValidationSummary summary)
    {
        writer.WriteNumber("files", summary.Files);
        writer.WriteNumber("rows", summary.Rows);
        writer.WriteNumber("badRows", summary.BadRows);
        writer.WriteNumber("messages", summary.Messages);
        writer.WriteNumber("errors", summary.Errors);
        writer.WriteNumber("warnings", summary.Warnings);
        writer.WriteNumber("infos", summary.Infos);
        writer.WriteBoolean("stopped", summary.Stopped);
        if (summary.Fixes.Count > 0)
        {
            writer.WriteStartObject("fixes");
            foreach ((string fix, long rows) in summary.Fixes)
            {
                writer.WriteNumber(fix, rows);
            }

            writer.WriteEndObject();
        }

        if (summary.Notes.Count > 0)
        {
            writer.WriteStartArray("notes");
            summary.Notes.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
        }

        writer.WriteStartObject("formats");
        foreach ((string format, long rows) in summary.Formats)
        {
            writer.WriteNumber(format, rows);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("byCode");
        foreach ((string code, long count) in summary.ByCode)
        {
            writer.WriteNumber(code, count);
        }

        writer.WriteEndObject();
    }
}

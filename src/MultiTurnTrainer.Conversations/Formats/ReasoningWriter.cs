using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Moves a leading <c>&lt;think&gt;…&lt;/think&gt;</c> of an answer to <c>reasoning_content</c>.</summary>
internal static class ReasoningWriter
{
    /// <summary>Writes the content of a message that keeps its role elsewhere.</summary>
    public static void WriteContent(JsonTape row, int message, int content, CanonicalRow output)
    {
        int role = row.Find(message, "role"u8);
        bool assistant =
            role >= 0 && row[role].Kind == JsonKind.String && Roles.Meaning(row.String(role)) == Role.Assistant;
        bool separate =
            row.Find(message, "reasoning_content"u8) >= 0
            || row.Find(message, "thinking"u8) >= 0
            || row.Find(message, "reasoning"u8) >= 0
            // Its ranges count from the first character of the content as it stands.
            || row.Find(message, "training_detail"u8) >= 0;
        WriteContent(row, content, output, split: assistant && !separate);
    }

    /// <summary>Writes a content, split where that is asked for and it has the shape.</summary>
    public static void WriteContent(JsonTape row, int content, CanonicalRow output, bool split)
    {
        output.From(content: content);
        if (split && row[content].Kind == JsonKind.String && Split(row.String(content)) is var (reasoning, answer))
        {
            output.Text("reasoning_content"u8, reasoning);
            output.Text("content"u8, answer);
            output.Rewrites.Add("inline-think");
        }
        else
        {
            output.Raw("content"u8, row.RawValue(content));
        }
    }

    /// <summary>The two halves of a text that begins with a closed think block; null for any other.</summary>
    public static (string Reasoning, string Answer)? Split(string text)
    {
        const string open = "<think>";
        const string close = "</think>";
        string trimmed = text.TrimStart();
        if (!trimmed.StartsWith(open, StringComparison.Ordinal))
        {
            return null;
        }

        int end = trimmed.IndexOf(close, StringComparison.Ordinal);
        return end < 0 ? null : (trimmed[open.Length..end].Trim('\n'), trimmed[(end + close.Length)..].TrimStart('\n'));
    }
}

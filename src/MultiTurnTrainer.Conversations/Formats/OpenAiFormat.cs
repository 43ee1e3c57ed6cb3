namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// OpenAI messages: <c>messages</c> with <c>role</c>, <c>content</c>, <c>tool_calls</c>, <c>tool_call_id</c>,
/// <c>weight</c>; and the same list under another name or alone.
/// </summary>
internal sealed class OpenAiFormat : IRowFormat
{
    public string Name => "openai";

    public bool Recognises(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Array)
        {
            return HasRole(row, 0);
        }

        int list = MessageList.Find(row);
        return list >= 0
            && (
                row.Length(list) == 0
                || HasRole(row, list)
                || (row.Is(list - 1, "messages"u8) && !Speech.IsTurn(row, list + 1))
            );
    }

    public string Reason(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Array)
        {
            return "the row is a list of messages with \"role\"";
        }

        int list = MessageList.Find(row);
        string name = row.String(list - 1);
        return row.Length(list) == 0
            ? $"has an empty list \"{name}\""
            : $"\"{name}\" is a list of messages with \"role\"";
    }

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int list = row[0].Kind == JsonKind.Array ? 0 : MessageList.Find(row);
        string system = SystemPrompt.Write(row, output, list);
        TurnWriter.WriteAll(row, list, output, options);
        if (row[0].Kind == JsonKind.Object)
        {
            string tools = ToolsWriter.Declared(row, 0, output);
            output.KeepRest(row, row.String(list - 1), tools, system);
        }

        return null;
    }

    /// <summary>
    /// Whether the row is in the canonical form as it stands: no text where a list belongs, no system prompt beside the
    /// messages, nothing that templates and masks do not read.
    /// </summary>
    public static bool IsCanonical(JsonTape row)
    {
        int list = row.Find(0, "messages"u8);
        if (list < 0 || row[list].Kind != JsonKind.Array || row.Find(0, "functions"u8) >= 0)
        {
            return false;
        }

        int tools = row.Find(0, "tools"u8);
        if (
            tools >= 0
            && (row[tools].Kind == JsonKind.String || (row.Length(tools) > 0 && row[tools + 1].Kind == JsonKind.String))
        )
        {
            return false;
        }

        return (SystemPrompt.Find(row) < 0 || SystemPrompt.IsIn(row, list)) && !MessageWriter.AnyForeign(row, list);
    }

    private static bool HasRole(JsonTape row, int list)
    {
        int first = list + 1;
        return first < row[list].Next && row.Present(first, "role"u8) >= 0;
    }
}

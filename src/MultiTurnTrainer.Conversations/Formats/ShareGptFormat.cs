namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// ShareGPT: a list of <c>{"from", "value"}</c>, with all the spellings of roles, and the function-call roles of glaive
/// and LLaMA-Factory (<c>function_call</c>, <c>observation</c>).
/// </summary>
internal sealed class ShareGptFormat : IRowFormat
{
    public string Name => "sharegpt";

    public bool Recognises(JsonTape row)
    {
        int list = row[0].Kind == JsonKind.Array ? 0 : MessageList.Find(row);
        return list >= 0 && list + 1 < row[list].Next && Speech.IsTurn(row, list + 1);
    }

    public string Reason(JsonTape row) =>
        row[0].Kind == JsonKind.Array
            ? "the row is a list of turns with \"from\""
            : $"\"{row.String(MessageList.Find(row) - 1)}\" is a list of turns with \"from\"";

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
}

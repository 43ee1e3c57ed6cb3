namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Alpaca: <c>instruction</c>, <c>input</c>, <c>output</c>, and LLaMA-Factory's <c>system</c> and <c>history</c> (a list
/// of pairs). The input follows the instruction after a line break, as LLaMA-Factory has it.
/// </summary>
internal sealed class AlpacaFormat : IRowFormat
{
    public string Name => "alpaca";

    public bool Recognises(JsonTape row) => row.Present(0, "instruction"u8) >= 0 && row.Find(0, "output"u8) >= 0;

    public string Reason(JsonTape row) => "has \"instruction\" and \"output\"";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int answer = row.Find(0, "output"u8);
        if (row[answer].Kind == JsonKind.Array)
        {
            return new Refusal(
                "\"output\" is a list of answers: write a preference pair as \"chosen\" and \"rejected\"",
                answer
            );
        }

        if (row.Find(0, "input"u8) is >= 0 and int input && row[input].Kind is not (JsonKind.String or JsonKind.Null))
        {
            return new Refusal("\"input\" is not a text", input);
        }

        string system = SystemPrompt.Write(row, output, row.Find(0, "history"u8));
        if (HistoryWriter.Write(row, output, options, out string history) is { } refusal)
        {
            return refusal;
        }

        string question = Question(row, output);
        PromptCompletionFormat.Side(row, answer, Role.Assistant, output, options);
        string tools = ToolsWriter.Declared(row, 0, output);
        output.KeepRest(row, "instruction", "input", question, "output", history, tools, system);
        return null;
    }

    /// <summary>Writes the instruction, with its input (or Dolly's context) under it where it has one.</summary>
    /// <returns>The name the input stood under; empty when there was none.</returns>
    public static string Question(JsonTape row, CanonicalRow output)
    {
        int instruction = row.Find(0, "instruction"u8);
        int input = row.Find(0, "input"u8);
        input = input >= 0 && row[input].Kind != JsonKind.Null ? input : row.Find(0, "context"u8);
        bool both =
            input >= 0
            && row[input].Kind == JsonKind.String
            && row[input].Length > 0
            && row[instruction].Kind == JsonKind.String;
        if (!both)
        {
            Plain(row, instruction, "user", output);
            return "";
        }

        output.Begin("user", instruction);
        output.From(content: instruction);
        ReadOnlySpan<byte> head = row.Raw(instruction);
        output
            .Key("content"u8)
            .Add((byte)'"')
            .Add(head)
            .Add(head.IsEmpty ? [] : "\\n"u8)
            .Add(row.Raw(input))
            .Add((byte)'"');
        return row.String(input - 1);
    }

    /// <summary>Writes a text as a message.</summary>
    public static void Plain(JsonTape row, int value, string role, CanonicalRow output)
    {
        output.Begin(role, value);
        output.From(content: value);
        output.Raw("content"u8, row.RawValue(value));
    }
}

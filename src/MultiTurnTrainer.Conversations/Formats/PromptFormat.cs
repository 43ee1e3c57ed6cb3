namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// A question without an answer, read as a user message: <c>instruction</c> with its <c>input</c>, <c>prompt</c>,
/// <c>question</c>, <c>query</c>, or the first of MT-Bench's <c>turns</c>. No conversation in itself, so only readers that
/// look for questions ask this format (<see cref="ConversionOptions.Prompts"/>).
/// </summary>
internal sealed class PromptFormat : IRowFormat
{
    private static readonly string[] _names = ["instruction", "prompt", "question", "query"];

    public string Name => "prompt";

    public bool Recognises(JsonTape row) => Find(row) >= 0;

    public string Reason(JsonTape row) => "has a question and no answer";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int question = Find(row);
        string system = SystemPrompt.Write(row, output, row.Find(0, "history"u8), question);
        if (HistoryWriter.Write(row, output, options, out string history) is { } refusal)
        {
            return refusal;
        }

        string input = "";
        if (row.Find(0, "instruction"u8) == question)
        {
            input = AlpacaFormat.Question(row, output);
        }
        else
        {
            PromptCompletionFormat.Prompt(row, question, output, options);
        }

        output.KeepRest(row, [.. _names, input, system, history, "turns"]);
        return null;
    }

    private static int Find(JsonTape row)
    {
        if (row[0].Kind != JsonKind.Object)
        {
            return -1;
        }

        foreach (string name in _names)
        {
            if (row.Find(0, System.Text.Encoding.UTF8.GetBytes(name)) is >= 0 and int found)
            {
                return found;
            }
        }

        int turns = row.Find(0, "turns"u8);
        return turns >= 0 && row[turns].Kind == JsonKind.Array && row.Length(turns) > 0 ? turns + 1 : -1;
    }
}

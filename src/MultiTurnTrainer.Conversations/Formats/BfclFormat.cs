namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Questions of the Berkeley Function-Calling Leaderboard: <c>question</c>, a list of turns that are lists of messages,
/// with <c>function</c>. They hold no answers, which the rules then say.
/// </summary>
internal sealed class BfclFormat : IRowFormat
{
    public string Name => "bfcl";

    public bool Recognises(JsonTape row)
    {
        int question = row.Find(0, "question"u8);
        return question >= 0
            && row[question].Kind == JsonKind.Array
            && question + 1 < row[question].Next
            && row[question + 1].Kind == JsonKind.Array;
    }

    public string Reason(JsonTape row) => "\"question\" is a list of turns, each a list of messages";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int question = row.Find(0, "question"u8);
        for (int turn = question + 1; turn < row[question].Next; turn = row[turn].Next)
        {
            PromptCompletionFormat.Side(row, turn, Role.User, output, options);
        }

        ToolsWriter.Copy(row, row.Find(0, "function"u8), output);
        output.KeepRest(row, "question", "function");
        return null;
    }
}

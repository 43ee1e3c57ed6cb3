namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes what was said before a question: <c>history</c>, a list of pairs of question and answer, or of messages.</summary>
internal static class HistoryWriter
{
    /// <summary>Writes the history of a row.</summary>
    /// <param name="row">The source.</param>
    /// <param name="output">The row to write to.</param>
    /// <param name="options">How messages are written.</param>
    /// <param name="name">The name it stood under; empty when there was none.</param>
    /// <returns>Null, or why it cannot be read.</returns>
    public static Refusal? Write(JsonTape row, CanonicalRow output, ConversionOptions options, out string name)
    {
        int history = row.Find(0, "history"u8);
        name = history < 0 ? "" : "history";
        if (
            history < 0
            || row[history].Kind == JsonKind.Null
            || (row[history].Kind == JsonKind.String && row[history].Length == 0)
        )
        {
            return null;
        }

        if (row[history].Kind != JsonKind.Array)
        {
            return new Refusal("\"history\" is not a list of pairs of question and answer", history);
        }

        int first = history + 1;
        if (first < row[history].Next && row[first].Kind == JsonKind.Object && Speech.Of(row, first).Speaker >= 0)
        {
            TurnWriter.WriteAll(row, history, output, options);
            return null;
        }

        for (int pair = first; pair < row[history].Next; pair = row[pair].Next)
        {
            if (row[pair].Kind != JsonKind.Array || row.Length(pair) != 2)
            {
                return new Refusal("\"history\" holds something else than pairs of question and answer", pair);
            }

            PromptCompletionFormat.Side(row, pair + 1, Role.User, output, options);
            PromptCompletionFormat.Side(row, row[pair + 1].Next, Role.Assistant, output, options);
        }

        return null;
    }
}

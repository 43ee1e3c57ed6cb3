namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// LLaMA-Factory v1: messages whose contents are parts <c>{"type", "value"}</c> (text, reasoning, tool_call, media) and
/// that may carry <c>loss_weight</c>; preference rows have two such lists, <c>chosen_messages</c> and <c>rejected_messages</c>.
/// </summary>
internal sealed class LlamaFactoryFormat : IRowFormat
{
    public string Name => "llamafactory-v1";

    public bool Recognises(JsonTape row)
    {
        if (row[0].Kind != JsonKind.Object)
        {
            return false;
        }

        if (row.Present(0, "chosen_messages"u8) >= 0 && row.Present(0, "rejected_messages"u8) >= 0)
        {
            return true;
        }

        // Only the first messages are looked at: a shape is not found by reading everything.
        int list = row.Find(0, "messages"u8);
        int looked = 0;
        for (
            int at = list + 1;
            list >= 0 && row[list].Kind == JsonKind.Array && looked < 3 && at < row[list].Next;
            at = row[at].Next, looked++
        )
        {
            int content = row.Find(at, "content"u8);
            bool parts = content >= 0 && row[content].Kind == JsonKind.Array && content + 1 < row[content].Next;
            if (parts && row.Find(content + 1, "value"u8) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    public string Reason(JsonTape row) =>
        row.Present(0, "chosen_messages"u8) >= 0
            ? "has \"chosen_messages\" and \"rejected_messages\""
            : "\"messages\" has parts with \"value\"";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int list = row.Find(0, "messages"u8);
        if (row.Present(0, "chosen_messages"u8) is >= 0 and int chosen)
        {
            if (options.Preference is null)
            {
                return PreferenceFormat.NeedsAChoice;
            }

            int rejected = row.Find(0, "rejected_messages"u8);
            list = options.Preference == PreferenceSide.Chosen ? chosen : rejected;
        }

        if (row[list].Kind != JsonKind.Array)
        {
            return new Refusal("the messages are not a list", list);
        }

        int at = list + 1;
        while (at < row[list].Next)
        {
            at = Message(row, at, row[list].Next, output, options);
        }

        string tools = ToolsWriter.Declared(row, 0, output);
        output.KeepRest(row, "messages", "chosen_messages", "rejected_messages", tools);
        return null;
    }

    /// <summary>Writes one message.</summary>
    /// <returns>The next one that is not written yet.</returns>
    private static int Message(JsonTape row, int message, int end, CanonicalRow output, ConversionOptions options)
    {
        int content = row.Find(message, "content"u8);
        if (content < 0 || row[content].Kind != JsonKind.Array)
        {
            return TurnWriter.Write(row, message, end, output, options, isContext: false);
        }

        output.BeginRaw(message);
        if (row.Find(message, "role"u8) is >= 0 and int role)
        {
            output.Raw("role"u8, row.RawValue(role));
            output.From(role: role);
        }

        output.From(content: content);
        LlamaFactoryParts.Write(row, content, output);
        MessageWriter.Rest(row, message, output, options);
        return row[message].Next;
    }
}

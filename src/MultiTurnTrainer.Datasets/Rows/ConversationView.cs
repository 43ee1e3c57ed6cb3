namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>A conversation, or what is left of it, as it is rendered.</summary>
/// <param name="Messages">The messages that are rendered.</param>
/// <param name="Json">The same as one JSON array.</param>
/// <param name="Indexes">The place of each message in the source.</param>
internal sealed record ConversationView(IReadOnlyList<Message> Messages, JsonView Json, IReadOnlyList<int> Indexes)
{
    /// <summary>All messages of a conversation.</summary>
    public static ConversationView Of(Conversation conversation) =>
        new(
            conversation.Messages,
            conversation.Json.GetProperty("messages"),
            [.. Enumerable.Range(0, conversation.Messages.Count)]
        );

    /// <summary>Only some of the messages.</summary>
    /// <param name="kept">Indexes into this view, ascending.</param>
    public ConversationView Keep(IReadOnlyList<int> kept)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            foreach (int index in kept)
            {
                Messages[index].Json.WriteTo(json);
            }

            json.WriteEndArray();
        }

        return new ConversationView(
            [.. kept.Select(index => Messages[index])],
            JsonView.Parse(buffer.WrittenSpan),
            [.. kept.Select(index => Indexes[index])]
        );
    }

    /// <summary>Only the first messages.</summary>
    public ConversationView Take(int count) => count == Messages.Count ? this : Keep([.. Enumerable.Range(0, count)]);
}

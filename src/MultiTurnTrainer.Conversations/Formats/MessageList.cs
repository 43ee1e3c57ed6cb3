using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>The list of messages in a row, under any of the names that data sets give it.</summary>
internal static class MessageList
{
    /// <summary>The list's token, just after its name's; −1 when there is none.</summary>
    public static int Find(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Object)
        {
            for (int at = 1; at < row[0].Next; at = row[at + 1].Next)
            {
                if (row[at + 1].Kind == JsonKind.Array && IsName(row.Raw(at)))
                {
                    return at + 1;
                }
            }
        }

        return -1;
    }

    private static bool IsName(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("messages"u8)
        || name.SequenceEqual("conversations"u8)
        || name.SequenceEqual("conversation"u8)
        || name.SequenceEqual("dialogue"u8)
        || name.SequenceEqual("dialog"u8)
        || name.SequenceEqual("chat"u8);
}

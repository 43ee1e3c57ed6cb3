namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>The list of messages in a row, under any of the names that data sets give it; one with messages before an empty one.</summary>
internal static class MessageList
{
    /// <summary>The list's token, just after its name's; −1 when there is none.</summary>
    public static int Find(JsonTape row)
    {
        int empty = -1;
        if (row[0].Kind == JsonKind.Object)
        {
            for (int at = 1; at < row[0].Next; at = row[at + 1].Next)
            {
                if (row[at + 1].Kind != JsonKind.Array || !IsName(row.Raw(at)))
                {
                    continue;
                }

                if (row[at + 1].Next > at + 2)
                {
                    return at + 1;
                }

                empty = empty < 0 ? at + 1 : empty;
            }
        }

        return empty;
    }

    /// <summary>Why a row with such a name has no such list; null when it has no such name.</summary>
    public static string? Problem(JsonTape row)
    {
        for (int at = 1; at < row[0].Next; at = row[at + 1].Next)
        {
            if (IsName(row.Raw(at)))
            {
                string name = row.String(at);
                return row[at + 1].Kind == JsonKind.Array
                    ? $"\"{name}\" is a list, but not of messages with \"role\" or \"from\""
                    : $"\"{name}\" is {Shown.Kind(row, at + 1)}, not a list of messages";
            }
        }

        return null;
    }

    private static bool IsName(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("messages"u8)
        || name.SequenceEqual("conversations"u8)
        || name.SequenceEqual("conversation"u8)
        || name.SequenceEqual("dialogue"u8)
        || name.SequenceEqual("dialog"u8)
        || name.SequenceEqual("chat"u8);
}

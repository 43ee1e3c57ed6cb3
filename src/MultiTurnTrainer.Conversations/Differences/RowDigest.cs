namespace MultiTurnTrainer.Conversations.Differences;

/// <summary>What a comparison remembers of a message: hashes, whatever its length.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Text">Of what it says: role, content, reasoning, calls.</param>
/// <param name="All">Of the whole message as it is written, white space apart.</param>
/// <param name="Weight">How much it counts in the loss.</param>
/// <param name="Inside">Of the weights inside its content; 0 without any.</param>
internal readonly record struct MessageDigest(Role Role, ulong Text, ulong All, float Weight, ulong Inside);

/// <summary>What a comparison remembers of a row.</summary>
/// <param name="Line">Where it begins.</param>
/// <param name="Id">Of its id; 0 without one.</param>
/// <param name="All">Of the whole row as it is written, white space apart.</param>
/// <param name="Tools">Of its tools; 0 without any.</param>
/// <param name="Messages">Its messages.</param>
internal sealed record RowDigest(long Line, ulong Id, ulong All, ulong Tools, MessageDigest[] Messages)
{
    /// <summary>Of all that is said.</summary>
    public ulong Text { get; } = Messages.Aggregate(1UL, (hash, message) => Combine(hash, message.Text));

    /// <summary>Of the messages up to the first user's: what the conversation is about.</summary>
    public ulong Opening { get; } = OpeningOf(Messages);

    public static RowDigest Of(Conversation row) =>
        new(
            row.Line,
            row.Id is { } id ? Hash(id) : 0,
            HashJson(row.Json.GetRawText()),
            row.Tools is { } tools ? HashJson(tools.GetRawText()) : 0,
            [.. row.Messages.Select((message, i) => Of(message, row.Supervision, i))]
        );

    private static MessageDigest Of(Message message, Supervision supervision, int index)
    {
        ulong text = Hash(message.RoleName);
        string?[] parts = [message.Content, message.ReasoningContent, message.ToolCallId, message.Name];
        foreach (string? part in parts)
        {
            text = Combine(text, part is null ? 1 : Hash(part));
        }

        foreach (ToolCall call in message.ToolCalls)
        {
            text = Combine(text, Hash(call.Name));
            text = Combine(text, call.Arguments is { } arguments ? HashJson(arguments.GetRawText()) : 1);
        }

        ulong inside = 0;
        if (supervision.InContent(index) is { } content)
        {
            inside = Hash($"{string.Join(' ', content.Parts)}|{string.Join(' ', content.Ranges)}");
        }

        return new MessageDigest(
            message.Role,
            text,
            HashJson(message.Json.GetRawText()),
            supervision.WeightOf(index),
            inside
        );
    }

    private static ulong OpeningOf(MessageDigest[] messages)
    {
        int user = Array.FindIndex(messages, message => message.Role == Role.User);
        return messages.Take(user + 1).Aggregate(1UL, (hash, message) => Combine(hash, message.Text));
    }

    private static ulong Combine(ulong hash, ulong more)
    {
        ReadOnlySpan<ulong> both = [hash, more];
        return Hash(MemoryMarshal.Cast<ulong, char>(both));
    }

    private static ulong Hash(ReadOnlySpan<char> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text), hash);
        return BitConverter.ToUInt64(hash);
    }

    // Two layouts of the same JSON are one.
    private static ulong HashJson(string json)
    {
        char[] kept = ArrayPool<char>.Shared.Rent(json.Length);
        int count = 0;
        bool inText = false;
        for (int i = 0; i < json.Length; i++)
        {
            char c = json[i];
            if (inText && c == '\\')
            {
                kept[count++] = c;
                i++;
                c = json[i];
            }
            else if (c == '"')
            {
                inText = !inText;
            }

            if (inText || c is not (' ' or '\n' or '\r' or '\t'))
            {
                kept[count++] = c;
            }
        }

        ulong hash = Hash(kept.AsSpan(0, count));
        ArrayPool<char>.Shared.Return(kept);
        return hash;
    }
}

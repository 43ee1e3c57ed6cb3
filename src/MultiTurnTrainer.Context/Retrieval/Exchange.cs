namespace MultiTurnTrainer.Context.Retrieval;

/// <summary>A user's turn with everything up to the next: it is found and shown whole.</summary>
/// <param name="Turn">Its turn, from 0.</param>
/// <param name="Messages">Indexes of its messages.</param>
/// <param name="Text">What was said, a line for each speaker.</param>
/// <param name="Date">When it began; null where nobody knows.</param>
public sealed record Exchange(int Turn, IReadOnlyList<int> Messages, string Text, DateTimeOffset? Date)
{
    /// <summary>The name of another session of the same user that it comes from; null for this one.</summary>
    public string? Session { get; init; }

    /// <summary>An exchange of a conversation.</summary>
    /// <param name="turn">Its turn, from 0.</param>
    /// <param name="first">The index of its first message.</param>
    /// <param name="messages">Its messages.</param>
    /// <param name="date">When it began.</param>
    public static Exchange Of(int turn, int first, IEnumerable<Message> messages, DateTimeOffset? date)
    {
        List<int> indexes = [];
        StringBuilder text = new();
        foreach (Message message in messages)
        {
            indexes.Add(first + indexes.Count);
            Append(text, message);
        }

        return new Exchange(turn, indexes, text.ToString(), date);
    }

    /// <summary>The exchanges of a conversation, in order: a user's words and everything up to the next.</summary>
    /// <param name="messages">The conversation's messages.</param>
    /// <param name="timeOf">The time of a message by its index.</param>
    public static IEnumerable<Exchange> AllOf(IReadOnlyList<Message> messages, Func<int, DateTimeOffset?> timeOf)
    {
        int first = 0;
        int turn = 0;
        while (first < messages.Count && messages[first].Role is Role.System or Role.Developer)
        {
            first++;
        }

        for (int i = first + 1; i <= messages.Count; i++)
        {
            bool ends = i == messages.Count || (messages[i].Role == Role.User && messages[i - 1].Role is not Role.User);
            if (ends)
            {
                yield return Of(turn++, first, messages.Skip(first).Take(i - first), timeOf(first));
                first = i;
            }
        }
    }

    /// <summary>Its form in a prompt: where and when it was said, then every word of it.</summary>
    public string Shown()
    {
        string place = Session is null ? "Earlier in this conversation" : "In an earlier conversation";
        string date = Date is { } known ? Invariant($", {known:yyyy-MM-dd}") : "";
        return Invariant($"[{place}, turn {Turn + 1}{date}:\n{Text}]");
    }

    private static void Append(StringBuilder text, Message message)
    {
        if (message.Content is { Length: > 0 } content)
        {
            string speaker = message.Role switch
            {
                Role.User => "User",
                Role.Assistant => "Assistant",
                Role.Tool => "Result",
                _ => "Instruction",
            };
            Line(text, $"{speaker}: {content}");
        }

        foreach (ToolCall call in message.ToolCalls)
        {
            Line(text, $"Call: {call.Name}({call.Arguments})");
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(text.Length > 0 ? "\n" : "").Append(line);
}

namespace MultiTurnTrainer.Evaluation.Live;

/// <summary>
/// What the roles beside the assistant are asked. The roles and their rules are those of "Lost in Conversation" (section 3.3 of the
/// research notes); the words are ours.
/// </summary>
internal static class RolePrompts
{
    private const string UserRole = """
        You play a user who has a task for an assistant and tells it bit by bit. You know the whole task as a list of parts with numbers. Some parts you have told already, some you have not.

        Rules:
        - Tell at most one part in a message, the one that fits best what the assistant said last, and all that it says.
        - Say it in your own words, shortly, as somebody types in a chat. Ask nothing, and add nothing that no part says.
        - If the assistant asks for something that no part holds, say that you do not know, and tell no part.

        Reply with one JSON object and nothing else: {"response": "your message", "shard_id": number of the part you told, or -1 for none}
        """;

    private const string ClassifyRole = """
        You read the last reply of an assistant in a conversation and say what it is:
        - answer_attempt: it gives a complete answer to the task, right or wrong
        - clarification: it asks one thing
        - interrogation: it asks several things
        - discussion: it talks about the task without an answer
        - hedge: it gives several answers for different cases
        - refuse: it will not answer
        - missing: it is empty

        Reply with one JSON object and nothing else: {"response_type": "one of these words"}
        """;

    private const string ExtractNumber =
        "The answer is the final number of the reply, with what belongs to it. Copy it letter by letter.";

    private const string ExtractQuery =
        "The answer is the final SQL query of the reply. Copy it letter by letter, or write its beginning, [...], and its end.";

    /// <summary>The user's next message.</summary>
    public static IReadOnlyList<ChatTurn> User(
        IReadOnlyList<ChatTurn> turns,
        IReadOnlyList<string> shards,
        IReadOnlyCollection<int> revealed
    )
    {
        string Parts(bool told) =>
            string.Join(
                '\n',
                shards
                    .Select((text, i) => (text, i))
                    .Where(part => revealed.Contains(part.i) == told)
                    .Select(part => $"{part.i + 1}: {part.text}")
            );
        return
        [
            new ChatTurn("system", UserRole),
            new ChatTurn(
                "user",
                $"The conversation so far:\n{Transcript(turns)}\n\nParts you have told:\n{Parts(true)}\n\nParts you have not told:\n{Parts(false)}"
            ),
        ];
    }

    /// <summary>What the last reply is.</summary>
    public static IReadOnlyList<ChatTurn> Classify(ShardedTask task, IReadOnlyList<ChatTurn> turns) =>
        [
            new ChatTurn("system", ClassifyRole),
            new ChatTurn("user", $"A task of the kind {task.Family}. The conversation:\n{Transcript(turns)}"),
        ];

    /// <summary>The answer in a reply.</summary>
    public static IReadOnlyList<ChatTurn> Extract(ShardedTask task, string reply) =>
        [
            new ChatTurn(
                "system",
                $"You take the answer out of an assistant's reply. {(task.Family == "database" ? ExtractQuery : ExtractNumber)}\n\nReply with one JSON object and nothing else: {{\"answer\": \"the answer\"}}"
            ),
            new ChatTurn("user", reply),
        ];

    /// <summary>The JSON object within a reply; null where there is none.</summary>
    public static IReadOnlyDictionary<string, object?>? ReadObject(string text)
    {
        int open = text.IndexOf('{', StringComparison.Ordinal);
        int close = text.LastIndexOf('}');
        try
        {
            return open >= 0 && close > open
                ? JsonView.Parse(text[open..(close + 1)]).ToTree() as IReadOnlyDictionary<string, object?>
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// What an extraction stands for: itself where the reply holds it, or from the first place of its beginning to the last of its
    /// end; null where neither stands in the reply.
    /// </summary>
    public static string? Locate(string reply, string answer)
    {
        if (answer.Length > 0 && reply.Contains(answer, StringComparison.Ordinal))
        {
            return answer;
        }

        string[] ends = answer.Split("[...]");
        if (ends.Length != 2 || ends[0].Trim().Length == 0 || ends[1].Trim().Length == 0)
        {
            return null;
        }

        int start = reply.IndexOf(ends[0].Trim(), StringComparison.Ordinal);
        int end = reply.LastIndexOf(ends[1].Trim(), StringComparison.Ordinal);
        return start >= 0 && end > start ? reply[start..(end + ends[1].Trim().Length)] : null;
    }

    // Neither the system message of the assistant nor anything but words.
    private static string Transcript(IEnumerable<ChatTurn> turns) =>
        string.Join("\n\n", turns.Where(turn => turn.Role != "system").Select(turn => $"[{turn.Role}] {turn.Content}"));
}

namespace MultiTurnTrainer.Conversations.Sharding;

/// <summary>
/// A real conversation as a task, as <c>mtt sessions export</c> writes them: its user's turns are the shards, its last answer is what
/// another answer is compared with. With <c>family</c> and <c>answer</c> of its own it is scored as such a task.
/// </summary>
internal static class SessionTask
{
    private const string Family = "session";

    /// <summary>The task of a row with <c>messages</c>.</summary>
    /// <exception cref="MttException">It has no user's turn, or no answer.</exception>
    public static ShardedTask Of(JsonView row, string id, string place)
    {
        Conversation conversation = Conversation.FromJson(row);
        string[] said = Texts(conversation, Role.User);
        string? answer = row.GetString("answer") ?? Texts(conversation, Role.Assistant).LastOrDefault();
        return said.Length == 0 ? throw Missing(place, "messages: a user's turn")
            : answer is null ? throw Missing(place, "messages: an assistant's answer")
            : new ShardedTask
            {
                Id = id,
                Family = row.GetString("answer") is null ? Family : row.GetString("family") ?? Family,
                Question = string.Join("\n\n", said),
                Shards = said,
                Answer = answer,
                System = Texts(conversation, Role.System).FirstOrDefault(),
                Place = place,
                Json = row,
            };
    }

    private static string[] Texts(Conversation conversation, Role role) =>
        [
            .. conversation
                .Messages.Where(message => message.Role == role && message.Content is { Length: > 0 })
                .Select(message => message.Content!),
        ];

    private static MttException Missing(string place, string what) =>
        new(
            $"{place}: {what} is missing",
            "Export sessions with mtt sessions export; each needs a question and an answer."
        );
}

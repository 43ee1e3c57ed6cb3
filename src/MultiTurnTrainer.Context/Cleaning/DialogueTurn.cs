using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>A user's messages and all that follows up to the next user's.</summary>
/// <param name="Users">Indexes of the user messages.</param>
/// <param name="Replies">Indexes of assistant and tool messages, in order.</param>
internal sealed record DialogueTurn(IReadOnlyList<int> Users, IReadOnlyList<int> Replies)
{
    /// <summary>The turns of a conversation; system and developer messages belong to none.</summary>
    public static IReadOnlyList<DialogueTurn> Of(IReadOnlyList<Message> messages)
    {
        List<(List<int> Users, List<int> Replies)> turns = [];
        for (int i = 0; i < messages.Count; i++)
        {
            Role role = messages[i].Role;
            if (role is Role.System or Role.Developer)
            {
                continue;
            }

            bool user = role == Role.User;
            if (turns.Count == 0 || (user && turns[^1].Replies.Count > 0))
            {
                turns.Add(([], []));
            }

            (user ? turns[^1].Users : turns[^1].Replies).Add(i);
        }

        return [.. turns.Select(turn => new DialogueTurn(turn.Users, turn.Replies))];
    }
}

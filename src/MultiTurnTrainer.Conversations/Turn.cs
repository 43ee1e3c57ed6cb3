namespace MultiTurnTrainer.Conversations;

/// <summary>
/// What stays or goes together: a user's messages and everything up to the next user's, so that calls keep their results
/// and answers their questions.
/// </summary>
/// <param name="Users">Indexes of the user messages; empty where the assistant opens the conversation.</param>
/// <param name="Replies">Indexes of the messages after them, in order.</param>
public sealed record Turn(IReadOnlyList<int> Users, IReadOnlyList<int> Replies)
{
    /// <summary>Indexes of all its messages, in order.</summary>
    public IEnumerable<int> Messages => Users.Concat(Replies);

    /// <summary>The number of the turn that each message belongs to, from 1; what stands before the first user's is of the first.</summary>
    /// <param name="roles">The role of each message.</param>
    public static int[] Numbers(IReadOnlyList<Role> roles)
    {
        int[] numbers = new int[roles.Count];
        Array.Fill(numbers, 1);
        int number = 0;
        foreach (Turn turn in Of(roles))
        {
            number += turn.Users.Count > 0 ? 1 : 0;
            foreach (int message in turn.Messages)
            {
                numbers[message] = Math.Max(1, number);
            }
        }

        return numbers;
    }

    /// <summary>Groups messages into turns. Consecutive user messages are one question; system and developer messages belong to no turn.</summary>
    /// <param name="roles">The role of each message.</param>
    public static IReadOnlyList<Turn> Of(IEnumerable<Role> roles)
    {
        List<Turn> turns = [];
        List<int> users = [];
        List<int> replies = [];
        int index = 0;
        foreach (Role role in roles)
        {
            if (role == Role.User && replies.Count > 0)
            {
                turns.Add(new Turn(users, replies));
                (users, replies) = ([], []);
            }

            if (role is not (Role.System or Role.Developer))
            {
                (role == Role.User ? users : replies).Add(index);
            }

            index++;
        }

        if (users.Count + replies.Count > 0)
        {
            turns.Add(new Turn(users, replies));
        }

        return turns;
    }
}

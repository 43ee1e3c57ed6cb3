// Folder Truncation: which whole turns go when a conversation is too long.
// Refuses to know: how tokens are counted.

namespace MultiTurnTrainer.Context.Truncation;

/// <summary>
/// Decides which turns of a conversation go so that the rest fits a limit. Sees roles and token counts, never text:
/// system and developer messages stay, the oldest turns go first, the newest turn is never touched.
/// </summary>
public static class TurnTruncation
{
    /// <summary>How many of the oldest turns must go, by the counts; the last turn always stays.</summary>
    /// <param name="turns">The turns, oldest first.</param>
    /// <param name="tokens">The tokens of each message.</param>
    /// <param name="total">Tokens of the whole conversation, frame included.</param>
    /// <param name="limit">Most tokens allowed.</param>
    /// <returns>A number of turns, or null when even the last turn alone is too long.</returns>
    public static int? TurnsToDrop(IReadOnlyList<Turn> turns, IReadOnlyList<int> tokens, int total, int limit)
    {
        int left = total;
        for (int dropped = 0; dropped < Math.Max(1, turns.Count); dropped++)
        {
            if (left <= limit)
            {
                return dropped;
            }

            left -= dropped < turns.Count ? turns[dropped].Messages.Sum(message => tokens[message]) : 0;
        }

        return null;
    }

    /// <summary>The messages that stay when the oldest turns go, in order.</summary>
    /// <param name="messages">Messages in the conversation.</param>
    /// <param name="turns">Its turns.</param>
    /// <param name="dropped">How many of the oldest turns go.</param>
    public static IReadOnlyList<int> Kept(int messages, IReadOnlyList<Turn> turns, int dropped)
    {
        HashSet<int> gone = [.. turns.Take(dropped).SelectMany(turn => turn.Messages)];
        return [.. Enumerable.Range(0, messages).Where(message => !gone.Contains(message))];
    }
}

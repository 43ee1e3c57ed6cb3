// Folder Pairs: rules on the two sides of a preference.
// Refuses to know: what the rules on conversations say of either side.
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Where the sides of a pair part.</summary>
internal static class PairFork
{
    /// <summary>How many messages both sides begin with. Weights are no words: they may differ.</summary>
    public static int Find(Row chosen, Row rejected)
    {
        int most = Math.Min(chosen.Messages.Length, rejected.Messages.Length);
        int shared = 0;
        while (shared < most && IsSame(chosen, chosen.Messages[shared], rejected, rejected.Messages[shared]))
        {
            shared++;
        }

        return shared;
    }

    /// <summary>Whether nothing tells the sides apart.</summary>
    public static bool IsNone(Row chosen, Row rejected, int fork) =>
        fork == chosen.Messages.Length && fork == rejected.Messages.Length;

    private static bool IsSame(Row a, MessageView left, Row b, MessageView right) =>
        left.Role == right.Role
        && Value(a, left.Content).SequenceEqual(Value(b, right.Content))
        && Value(a, left.Reasoning).SequenceEqual(Value(b, right.Reasoning))
        && Value(a, left.Calls).SequenceEqual(Value(b, right.Calls));

    private static ReadOnlySpan<byte> Value(Row row, int token) => token < 0 ? [] : row.Tape.RawValue(token);
}

// Folder Preferences: from rows with a better and a worse side to pairs of token rows that begin alike.
// Refuses to know: losses, models, training.
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Preferences;

/// <summary>Two conversations that begin alike; only the answers after the fork are supervised.</summary>
/// <param name="Chosen">The better one.</param>
/// <param name="Rejected">The other.</param>
/// <param name="ForkTurn">The exchange, from 1, of the first answer that differs.</param>
public sealed record PreferencePair(TokenRow Chosen, TokenRow Rejected, int ForkTurn)
{
    /// <summary>Makes a pair of two rows: answers that both begin with lose their labels.</summary>
    /// <param name="chosen">The better conversation.</param>
    /// <param name="rejected">The other.</param>
    /// <exception cref="InvalidDataException">The two are equal, or a side has no answer after the fork.</exception>
    public static PreferencePair Create(TokenRow chosen, TokenRow rejected)
    {
        int fork = chosen.InputIds.AsSpan().CommonPrefixLength(rejected.InputIds);
        if (fork == chosen.Length && fork == rejected.Length)
        {
            throw new InvalidDataException("both sides are the same");
        }

        TokenRow better = SuperviseFrom(chosen, fork);
        TokenRow worse = SuperviseFrom(rejected, fork);
        return better.PredictedTokens == 0 ? throw Missing("chosen")
            : worse.PredictedTokens == 0 ? throw Missing("rejected")
            : new PreferencePair(better, worse, better.Spans!.First(span => span.End > fork).Turn);
    }

    private static InvalidDataException Missing(string side) =>
        new(
            $"the {side} side has no answer after the fork: it is the beginning of the other, or its answers are empty"
        );

    /// <summary>The row with the labels of answers that reach beyond a place; the others are context.</summary>
    private static TokenRow SuperviseFrom(TokenRow row, int fork)
    {
        IReadOnlyList<SupervisedSpan> spans = row.Spans ?? SupervisedSpan.FromLabels(row.Labels);
        int first = spans.FirstOrDefault(span => span.End > fork)?.Start ?? row.Length;
        // An answer is one whole, its reasoning too.
        while (first > 0 && first < row.Length && row.Labels[first - 1] != TokenRow.Unsupervised)
        {
            first--;
        }

        int[] labels = [.. row.Labels];
        labels.AsSpan(0, first).Fill(TokenRow.Unsupervised);
        return row with { Labels = labels, Spans = spans };
    }
}

/// <summary>A conversation that is labelled as a whole, for KTO.</summary>
/// <param name="Row">The conversation.</param>
/// <param name="IsDesirable">Whether its answers are wanted.</param>
public sealed record LabelledRow(TokenRow Row, bool IsDesirable);

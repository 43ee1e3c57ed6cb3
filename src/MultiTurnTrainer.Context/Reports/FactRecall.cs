using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Summaries;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>How many facts of some distance a prompt could hold, and how many it held.</summary>
/// <param name="Least">The least distance in turns.</param>
/// <param name="Held">Those that it held word for word.</param>
/// <param name="Said">All of them.</param>
public readonly record struct RecallAtDistance(int Least, long Held, long Said);

/// <summary>
/// Follows one conversation and counts, for each plan, which of the user's constraints, decisions, corrections and preferences the prompt
/// still holds, by the turns since they were said: what a model is not shown it cannot recall.
/// </summary>
public sealed class FactRecall
{
    private static readonly int[] _least = [0, 1, 2, 4, 8, 16, 32, 64];

    private readonly List<(int Message, int Turn, string Text)> _facts = [];
    private readonly long[] _held = new long[_least.Length];
    private readonly long[] _said = new long[_least.Length];
    private int _turn = -1;

    /// <summary>The sums so far, by rising distance; distances that no fact had are left out.</summary>
    public IReadOnlyList<RecallAtDistance> Distances =>
        [
            .. _least
                .Select((least, i) => new RecallAtDistance(least, _held[i], _said[i]))
                .Where(distance => distance.Said > 0),
        ];

    /// <summary>Takes over a message of the record.</summary>
    /// <param name="message">The message.</param>
    /// <param name="index">Its index.</param>
    public void Append(Message message, int index)
    {
        if (message.Role != Role.User)
        {
            return;
        }

        _turn++;
        foreach (ClassifiedSentence sentence in TurnRules.Classify(message.Content ?? ""))
        {
            bool isFact =
                sentence.Class
                is TurnClass.Constraint
                    or TurnClass.Preference
                    or TurnClass.Decision
                    or TurnClass.Correction;
            if (isFact && !sentence.Withdraws)
            {
                _facts.Add((index, _turn, FactWorth.Trimmed(sentence.Text)));
            }
        }
    }

    /// <summary>Counts for a plan.</summary>
    public void Count(ContextPlan plan)
    {
        int firstShown = plan.Items.FirstOrDefault(item => item.Kind == ItemKind.Message)?.Sources[0] ?? int.MaxValue;
        foreach ((int message, int turn, string text) in _facts)
        {
            int place = Array.FindLastIndex(_least, least => plan.Turn - turn >= least);
            _said[place]++;
            _held[place] +=
                message >= firstShown
                || plan.BroughtBack(message)
                || plan.Block.Contains(text, StringComparison.Ordinal)
                    ? 1
                    : 0;
        }
    }
}

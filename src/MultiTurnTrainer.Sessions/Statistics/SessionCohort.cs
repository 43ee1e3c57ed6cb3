using MultiTurnTrainer.Context.Reports;

namespace MultiTurnTrainer.Sessions.Statistics;

/// <summary>Percentiles of a figure, by the nearest rank.</summary>
/// <param name="P50">Half of the sessions have no more.</param>
/// <param name="P90">Nine of ten have no more.</param>
/// <param name="P99">Ninety-nine of a hundred have no more.</param>
/// <param name="Most">The most that a session has.</param>
public readonly record struct Percentiles(double P50, double P90, double P99, double Most)
{
    /// <summary>Of some figures; all 0 where there are none.</summary>
    public static Percentiles Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        double At(double share) =>
            sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
        return new Percentiles(At(0.5), At(0.9), At(0.99), At(1));
    }
}

/// <summary>Some sessions in numbers.</summary>
/// <param name="Sessions">The sessions.</param>
public sealed record SessionCohort(IReadOnlyList<SessionFigures> Sessions)
{
    /// <summary>Tokens of everything said.</summary>
    public Percentiles Size => Percentiles.Of(Sessions.Select(session => (double)session.Size));

    /// <summary>Tokens that sessions grew by with each answer.</summary>
    public Percentiles Growth => Percentiles.Of(Sessions.Select(session => session.Growth));

    /// <summary>Answers.</summary>
    public Percentiles Turns => Percentiles.Of(Sessions.Select(session => (double)session.Turns));

    /// <summary>Drift of the sessions that are long enough to have one.</summary>
    public Percentiles Drift =>
        Percentiles.Of(Sessions.Where(session => session.Drift > 0).Select(session => session.Drift));

    /// <summary>How far the answers of all are from the tone of their policies.</summary>
    public ToneSums Tone
    {
        get
        {
            ToneSums sums = new();
            foreach (SessionFigures session in Sessions)
            {
                sums.Add(session.Tone);
            }

            return sums;
        }
    }

    /// <summary>Whole answers of all.</summary>
    public long Answers => Sessions.Sum(session => (long)session.Turns);

    /// <summary>Broken answers over all.</summary>
    public double InterruptedShare =>
        Share(Sessions.Sum(session => session.Interrupted), Answers + Sessions.Sum(session => session.Interrupted));

    /// <summary>Answers taken back, made anew or edited, over all.</summary>
    public double RedoneShare => Share(Sessions.Sum(session => session.Redone), Answers);

    /// <summary>Ceilings that were reached.</summary>
    public long Trips => Sessions.Sum(session => (long)session.Trips);

    /// <summary>Answers that say a value again that the user had corrected, over the answers after a correction; null without any.</summary>
    public double? CopyingShare =>
        Sessions.Sum(session => session.CorrectedAnswers) is > 0 and long answers
            ? Share(Sessions.Sum(session => session.Copies), answers)
            : null;

    /// <summary>Sessions by how they ended.</summary>
    public IReadOnlyDictionary<string, int> Outcomes =>
        new SortedDictionary<string, int>(
            Sessions
                .Where(session => session.Outcome is not null)
                .GroupBy(session => session.Outcome!, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal),
            StringComparer.Ordinal
        );

    /// <summary>What the policies' steps did, the one that took most out of prompts first.</summary>
    public IReadOnlyList<(string Name, StepFigures Figures)> Steps =>
        [
            .. Sessions
                .SelectMany(session => session.Steps)
                .GroupBy(step => step.Key, StringComparer.Ordinal)
                .Select(group => (group.Key, group.Aggregate(default(StepFigures), (sum, step) => sum + step.Value)))
                .OrderByDescending(step => step.Item2.Tokens)
                .ThenBy(step => step.Key, StringComparer.Ordinal),
        ];

    /// <summary>Facts that prompts held, by the turns since they were said.</summary>
    public IReadOnlyList<RecallAtDistance> Recall =>
        [
            .. Sessions
                .SelectMany(session => session.Recall)
                .GroupBy(distance => distance.Least)
                .OrderBy(group => group.Key)
                .Select(group => new RecallAtDistance(
                    group.Key,
                    group.Sum(distance => distance.Held),
                    group.Sum(distance => distance.Said)
                )),
        ];

    /// <summary>
    /// Sessions whose size lies far out: beyond the third quartile by more than three times the distance of the quartiles (Tukey, 1977).
    /// </summary>
    public IReadOnlyList<SessionFigures> FarOut
    {
        get
        {
            double[] sizes = [.. Sessions.Select(session => (double)session.Size).Order()];
            if (sizes.Length < 4)
            {
                return [];
            }

            double first = sizes[(sizes.Length - 1) / 4];
            double third = sizes[(sizes.Length - 1) * 3 / 4];
            double fence = third + (3 * (third - first));
            return [.. Sessions.Where(session => session.Size > fence).OrderByDescending(session => session.Size)];
        }
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}

namespace MultiTurnTrainer.Sessions.Statistics;

/// <summary>What differs between two groups of sessions.</summary>
public enum ShiftKind
{
    /// <summary>There are too few sessions to tell.</summary>
    TooFew,

    /// <summary>Nothing that could not be chance.</summary>
    None,

    /// <summary>Most sessions: the whole group has moved.</summary>
    Cohort,

    /// <summary>A few sessions far out; the others are as they were.</summary>
    Outliers,
}

/// <summary>
/// Whether sessions have grown because all have, or because of a few. All have where the later group's sizes rank higher than chance allows
/// (Mann and Whitney, 1947: two-sided, beyond 2.58 standard deviations) and the median moved by a tenth.
/// </summary>
/// <param name="Before">The earlier sessions.</param>
/// <param name="After">The later ones.</param>
public sealed record CohortShift(SessionCohort Before, SessionCohort After)
{
    private const int LeastSessions = 8;
    private const double Beyond = 2.58;
    private const double LeastChange = 0.1;

    /// <summary>The two halves of some sessions by when they began, or those before and after a moment.</summary>
    public static CohortShift Of(IReadOnlyList<SessionFigures> sessions, DateTimeOffset? at)
    {
        SessionFigures[] sorted = [.. sessions.OrderBy(session => session.CreatedAt)];
        int half = at is { } moment ? sorted.Count(session => session.CreatedAt < moment) : sorted.Length / 2;
        return new CohortShift(new SessionCohort(sorted[..half]), new SessionCohort(sorted[half..]));
    }

    /// <summary>What differs.</summary>
    public ShiftKind Kind =>
        Before.Sessions.Count < LeastSessions || After.Sessions.Count < LeastSessions ? ShiftKind.TooFew
        : Math.Abs(Ranks) > Beyond && Math.Abs(MedianChange) >= LeastChange ? ShiftKind.Cohort
        : After.FarOut.Count > 0 ? ShiftKind.Outliers
        : ShiftKind.None;

    /// <summary>By which share the median size has changed.</summary>
    public double MedianChange => Before.Size.P50 == 0 ? 0 : (After.Size.P50 / Before.Size.P50) - 1;

    /// <summary>How many standard deviations the ranks of the later sizes lie above what chance gives; ties share their ranks.</summary>
    public double Ranks
    {
        get
        {
            (double Size, bool IsLater)[] all =
            [
                .. Before.Sessions.Select(session => ((double)session.Size, false)),
                .. After.Sessions.Select(session => ((double)session.Size, true)),
            ];
            Array.Sort(all, (one, other) => one.Size.CompareTo(other.Size));
            double sum = 0;
            double ties = 0;
            for (int first = 0, next; first < all.Length; first = next)
            {
                next = first + 1;
                while (next < all.Length && all[next].Size == all[first].Size)
                {
                    next++;
                }

                double count = next - first;
                ties += (count * count * count) - count;
                sum += all.AsSpan(first, next - first).ToArray().Count(one => one.IsLater) * (first + next + 1) / 2.0;
            }

            double n = Before.Sessions.Count;
            double m = After.Sessions.Count;
            double mean = m * (n + m + 1) / 2;
            double variance = n * m / 12 * (n + m + 1 - (ties / Math.Max(1, (n + m) * (n + m - 1))));
            return variance <= 0 ? 0 : (sum - mean) / Math.Sqrt(variance);
        }
    }
}

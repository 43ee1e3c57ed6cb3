using MultiTurnTrainer.Sessions.Statistics;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Figures of sessions as text and as JSON.</summary>
internal static class SessionTriageText
{
    private static readonly Table _top = new(
        "{0,-64} {1,5:N0} {2,9:N0} {3,8:N0} {4,9:N0} {5,6:N0} {6,6:N0} {7,5:N0} {8,6:N0} {9,5:0.00} {10}",
        "session",
        "turns",
        "size",
        "growth",
        "cleared",
        "broken",
        "redone",
        "trips",
        "copies",
        "drift",
        ""
    );

    public static string Top(IReadOnlyList<SessionFigures> top, HashSet<string> farOut, int all)
    {
        StringBuilder text = new();
        text.AppendLine(_top.Head);
        foreach (SessionFigures session in top)
        {
            text.AppendLine(
                _top.Line(
                    session.Id,
                    session.Turns,
                    session.Size,
                    session.Growth,
                    session.Cleared,
                    session.Interrupted,
                    session.Redone,
                    session.Trips,
                    session.Copies,
                    session.Drift,
                    farOut.Contains(session.Id) ? "!" : ""
                )
            );
        }

        foreach (SessionFigures session in top.Where(session => session.Steps.Count > 0))
        {
            (string name, StepFigures step) = session.Steps.MaxBy(step => step.Value.Tokens);
            text.Append(
                CultureInfo.InvariantCulture,
                $"{session.Id[..12]}…: {Printable.Line(name)} took {step.Tokens:N0} tokens out, {step.Times:N0} times\n"
            );
        }

        return text.Append(CultureInfo.InvariantCulture, $"{top.Count:N0} of {Counted.Of(all, "session")}\n")
            .ToString();
    }

    public static string Stats(SessionCohort all, CohortShift shift)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.Append(Printable.Of(line)).Append('\n');
        Line($"{Counted.Of(all.Sessions.Count, "session")}, {Counted.Of(all.Answers, "answer")}");
        foreach ((string name, SessionCohort cohort) in new[] { ("earlier", shift.Before), ("later", shift.After) })
        {
            Line($"{name}: {Counted.Of(cohort.Sessions.Count, "session")}");
            Percentile(text, "tokens of everything said", cohort.Size);
            Percentile(text, "tokens by which they grew with each answer", cohort.Growth);
            Percentile(text, "answers", cohort.Turns);
            Line(
                $"  broken {cohort.InterruptedShare:P1}, redone {cohort.RedoneShare:P1}, ceilings reached {cohort.Trips:N0}"
            );
        }

        Line($"{Verdict(shift)}");
        foreach ((string name, StepFigures step) in all.Steps)
        {
            Line($"cleared: {name}: {step.Tokens:N0} tokens, {step.Times:N0} times");
        }

        foreach (var distance in all.Recall)
        {
            Line(
                $"recall: facts said {Turns(distance.Least)} before: {distance.Held:N0} of {distance.Said:N0} still in the prompt ({(double)distance.Held / distance.Said:P1})"
            );
        }

        Line(
            all.CopyingShare is { } share
                ? (FormattableString)
                    $"own errors: {share:P1} of the answers after a correction say the corrected value again"
                : $"own errors: nobody corrected a value of an answer"
        );
        Percentile(text, "drift of the last answers from the first", all.Drift);
        text.Append(ToneText.Of(all.Tone));
        foreach ((string outcome, int count) in all.Outcomes)
        {
            Line($"outcome: {outcome} {count:N0}");
        }

        return text.ToString();
    }

    public static JsonFields Json(SessionFigures session, bool isFarOut) =>
        new()
        {
            ["id"] = session.Id,
            ["created_at"] = session.CreatedAt.ToString("O", CultureInfo.InvariantCulture),
            ["outcome"] = session.Outcome,
            ["far_out"] = isFarOut,
            ["turns"] = session.Turns,
            ["size"] = session.Size,
            ["growth"] = Math.Round(session.Growth, 3),
            ["prompt"] = session.Prompt,
            ["tokens"] = session.Tokens,
            ["cleared"] = session.Cleared,
            ["steps"] = session.Steps.ToDictionary(step => step.Key, step => Json(step.Value)),
            ["interrupted"] = session.Interrupted,
            ["redone"] = session.Redone,
            ["trips"] = session.Trips,
            ["corrected_answers"] = session.CorrectedAnswers,
            ["copies"] = session.Copies,
            ["drift"] = Math.Round(session.Drift, 6),
            ["tone"] = session.Tone.Answers > 0 ? session.Tone.ToJson() : null,
            ["tone_of_answers"] = session.ToneOfAnswers.Select(drift => new JsonFields
            {
                ["turn"] = drift.Turn,
                ["drift"] = Math.Round(drift.Score, 6),
                ["why"] = drift.Deviations.Select(deviation => $"{deviation.What}: {deviation.Why}"),
                ["unjudged"] = drift.IsUnjudged,
            }),
            ["not_planned"] = session.NotPlanned,
        };

    public static JsonFields Json(SessionCohort all, CohortShift shift) =>
        new()
        {
            ["verdict"] = Naming.SnakeCase(shift.Kind),
            ["median_change"] = Math.Round(shift.MedianChange, 6),
            ["rank_deviations"] = Math.Round(shift.Ranks, 6),
            ["all"] = Json(all),
            ["earlier"] = Json(shift.Before),
            ["later"] = Json(shift.After),
            ["far_out"] = shift.After.FarOut.Select(session => session.Id),
        };

    private static JsonFields Json(SessionCohort cohort) =>
        new()
        {
            ["sessions"] = cohort.Sessions.Count,
            ["answers"] = cohort.Answers,
            ["size"] = Json(cohort.Size),
            ["growth"] = Json(cohort.Growth),
            ["turns"] = Json(cohort.Turns),
            ["drift"] = Json(cohort.Drift),
            ["tone"] = cohort.Tone.Answers > 0 ? cohort.Tone.ToJson() : null,
            ["interrupted_share"] = Math.Round(cohort.InterruptedShare, 6),
            ["redone_share"] = Math.Round(cohort.RedoneShare, 6),
            ["trips"] = cohort.Trips,
            ["own_error_copying"] = cohort.CopyingShare is { } share ? Math.Round(share, 6) : null,
            ["steps"] = cohort.Steps.ToDictionary(step => step.Name, step => Json(step.Figures)),
            ["recall"] = cohort.Recall.Select(distance => new JsonFields
            {
                ["turns"] = distance.Least,
                ["held"] = distance.Held,
                ["said"] = distance.Said,
            }),
            ["outcomes"] = cohort.Outcomes,
        };

    private static JsonFields Json(StepFigures step) => new() { ["times"] = step.Times, ["tokens"] = step.Tokens };

    private static JsonFields Json(Percentiles figures) =>
        new()
        {
            ["p50"] = Math.Round(figures.P50, 6),
            ["p90"] = Math.Round(figures.P90, 6),
            ["p99"] = Math.Round(figures.P99, 6),
            ["most"] = Math.Round(figures.Most, 6),
        };

    private static void Percentile(StringBuilder text, string name, Percentiles figures) =>
        text.Append(
            CultureInfo.InvariantCulture,
            $"  {name}: p50 {figures.P50:#,0.##}, p90 {figures.P90:#,0.##}, p99 {figures.P99:#,0.##}, most {figures.Most:#,0.##}\n"
        );

    private static string Turns(int least) =>
        least == 0 ? "in the same turn, or none" : $"{Counted.Of(least, "turn")} or more";

    private static string Verdict(CohortShift shift) =>
        shift.Kind switch
        {
            ShiftKind.TooFew => "verdict: too few sessions to compare; 8 on each side are needed",
            ShiftKind.Cohort => Invariant(
                $"verdict: all sessions have moved: the median size by {shift.MedianChange:+0.0%;-0.0%} ({shift.Ranks:+0.0;-0.0} deviations of the ranks)"
            ),
            ShiftKind.Outliers => Invariant(
                $"verdict: outliers: {Counted.Of(shift.After.FarOut.Count, "session")} far out, the largest {shift.After.FarOut[0].Id}; the others are as they were"
            ),
            _ => "verdict: nothing that could not be chance",
        };
}

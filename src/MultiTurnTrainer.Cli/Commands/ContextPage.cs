namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt context --html</c> writes: each policy's sums beside the others'.</summary>
internal static class ContextPage
{
    public static string Of(List<(string Name, ContextReplay Replay)> replays)
    {
        ContextReport first = replays[0].Replay.Report;
        HtmlPage page = new("Context policies", "mtt context");
        page.AddText(
            Invariant($"{Counted.Of(first.Conversations, "conversation")}, {Counted.Of(first.Calls, "call")} each.")
        );
        page.AddTable(
            [
                "policy",
                "fingerprint",
                "budget",
                "tokens",
                "of everything",
                "new",
                "longest",
                "over",
                "rewrites",
                "refused",
            ],
            replays.Select(pair => Tokens(pair.Name, pair.Replay))
        );
        page.AddRaw("<h2>What is kept, over all calls</h2>\n");
        page.AddTable(
            [
                "policy",
                "constraints",
                "decisions, corrections, preferences",
                "retention",
                "labelled facts (metadata.must_keep)",
            ],
            replays.Select(pair => Kept(pair.Name, pair.Replay.Report.Retention))
        );
        page.AddRaw("<h2>Answers lost, and trained in another context than served, by other trainers' rules</h2>\n");
        page.AddTable(
            ["policy", "answers", .. first.Rivals.Losses.Select(loss => loss.Rule)],
            replays.Select(pair => Losses(pair.Name, pair.Replay.Report))
        );
        return page.Finish();
    }

    private static IEnumerable<string> Tokens(string name, ContextReplay replay)
    {
        ContextReport report = replay.Report;
        return
        [
            name,
            PolicyFingerprint.Of(replay.Model.Policy)[..12],
            Invariant($"{replay.Model.Budget:N0}"),
            Invariant($"{report.Tokens:N0}"),
            Invariant($"{report.Compression:P1}"),
            Invariant($"{report.FreshTokens:N0}"),
            Invariant($"{report.Longest:N0}"),
            Invariant($"{report.OverBudget:N0}"),
            Invariant($"{report.Rewrites:N0}"),
            Invariant($"{report.Refused:N0}"),
        ];
    }

    private static IEnumerable<string> Kept(string name, RetentionCount kept) =>
        [
            name,
            Invariant($"{kept.KeptConstraints:N0} of {kept.ActiveConstraints:N0}"),
            Invariant($"{kept.Kept:N0} of {kept.Active:N0}"),
            Invariant($"{kept.Share:P1}"),
            kept.ActiveLabels == 0 ? "none" : Invariant($"{kept.KeptLabels:N0} of {kept.ActiveLabels:N0}"),
        ];

    private static IEnumerable<string> Losses(string name, ContextReport report) =>
        [
            name,
            Invariant($"{report.Calls:N0}"),
            .. report.Rivals.Losses.Select(loss => Invariant($"{loss.Lost:N0} / {loss.Foreign:N0}")),
        ];
}

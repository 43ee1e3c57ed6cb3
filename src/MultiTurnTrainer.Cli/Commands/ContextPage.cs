namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt context --html</c> writes: each policy's sums beside the others', and the first conversations turn by turn.</summary>
/// <param name="most">How many conversations are drawn.</param>
internal sealed class ContextPage(int most)
{
    private readonly List<(Conversation Conversation, List<DrawnPolicy> Policies)> _drawn = [];
    private DrawnPolicy? _open;

    /// <summary>The calls of a conversation under a policy follow.</summary>
    public void Begin(string name, PolicyModel model, Conversation conversation)
    {
        if (_drawn.Count == 0 || _drawn[^1].Conversation != conversation)
        {
            _open = null;
            if (_drawn.Count == most)
            {
                return;
            }

            _drawn.Add((conversation, []));
        }

        _open = new DrawnPolicy(name, model.Policy, []);
        _drawn[^1].Policies.Add(_open);
    }

    /// <summary>The next call.</summary>
    public void Call(ReplayedCall call)
    {
        if (_open is { } open)
        {
            ContextPlan plan = call.Prompt.Plan;
            open.Calls.Add(
                (plan.Turn, PlanFigure.Draw(open.Name, plan, open.Policy, _drawn[^1].Conversation.Messages))
            );
        }
    }

    /// <summary>The page.</summary>
    public string Finish(List<(string Name, ContextReplay Replay)> replays)
    {
        ContextReport first = replays[0].Replay.Report;
        HtmlPage page = new("Context policies", "mtt context", PlanFigure.Style);
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
        AddSteps(page, replays);
        foreach ((Conversation conversation, List<DrawnPolicy> policies) in _drawn)
        {
            AddTurns(page, conversation, policies);
        }

        return page.Finish();
    }

    private static void AddSteps(HtmlPage page, List<(string Name, ContextReplay Replay)> replays)
    {
        page.AddRaw("<h2>Thresholds</h2>\n<div class=\"grid\">\n");
        foreach ((string name, ContextReplay replay) in replays)
        {
            IReadOnlyList<PolicyStep> steps = replay.Model.Policy.Steps;
            page.Add($"<section><h3>{HtmlPage.Escape(name)}</h3><ol>");
            page.AddRaw(string.Concat(steps.Select(step => $"<li>{HtmlPage.Escape(StepText.Of(step))}</li>\n")));
            page.AddRaw("</ol></section>\n");
        }

        page.AddRaw("</div>\n");
    }

    // Turn by turn, the policies side by side; a turn may have several calls.
    private static void AddTurns(HtmlPage page, Conversation conversation, List<DrawnPolicy> policies)
    {
        page.Add($"<h2>{HtmlPage.Escape(conversation.Id ?? conversation.Place)}</h2>\n");
        for (int call = 0; call < policies.Max(policy => policy.Calls.Count); call++)
        {
            DrawnPolicy[] there = [.. policies.Where(policy => call < policy.Calls.Count)];
            page.Add($"<h3>Turn {there[0].Calls[call].Turn + 1}, call {call + 1}</h3>\n<div class=\"grid\">\n");
            page.AddRaw(string.Concat(there.Select(policy => policy.Calls[call].Figure))).AddRaw("</div>\n");
        }
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

    private sealed record DrawnPolicy(string Name, ContextPolicy Policy, List<(int Turn, string Figure)> Calls);
}

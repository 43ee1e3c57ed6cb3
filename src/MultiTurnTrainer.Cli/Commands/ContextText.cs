namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt context</c> says.</summary>
/// <param name="output">Where to.</param>
/// <param name="items">Whether every item is listed.</param>
internal sealed class ContextText(TextWriter output, bool items)
{
    private const int LongestText = 90;

    private static readonly Table _calls = new(
        "{0,6} {1,9:N0} {2,9:N0} {3,9:N0} │ {4,8:N0} {5,7:N0} {6,7:N0} {7,8:N0} {8,7:N0} │ {9}",
        ["turn", "tokens", "new", "all", "system", "rules", "memory", "history", "tools", "kept"]
    );

    public void Begin(string name, PolicyModel model, Conversation conversation)
    {
        string title = conversation.Id ?? conversation.Place;
        string hash = PolicyFingerprint.Of(model.Policy)[..12];
        Line($"{title} · policy {name} {hash} · window {model.Window:N0}, budget {model.Budget:N0}");
        output.WriteLine(_calls.Head);
    }

    public void Call(ReplayedCall call)
    {
        ContextPlan plan = call.Prompt.Plan;
        BudgetParts parts = plan.Parts;
        RetentionCount kept = call.Retention;
        string source =
            call.Counted is not null ? " counted by the server"
            : plan.IsEstimate ? " estimated"
            : "";
        string marks = source + (call.IsRewrite ? " ↻" : "");
        output.WriteLine(
            _calls.Line(
                plan.Turn + 1,
                call.Tokens,
                call.Fresh,
                plan.NaiveTokens,
                parts.System,
                parts.Injected,
                parts.Memory,
                parts.History,
                parts.Tools,
                $"{kept.Kept + kept.KeptConstraints}/{kept.Active + kept.ActiveConstraints}{marks}"
            )
        );
        if (call.Tone is { } tone)
        {
            string why = string.Join("; ", tone.Deviations.Select(deviation => $"{deviation.What}: {deviation.Why}"));
            Line($"       drift {tone.Score:0.00}{(why.Length > 0 ? $": {why}" : "")}");
        }

        foreach (AppliedStep step in plan.Applied)
        {
            string which = step.Step < 0 ? "" : $"step {step.Step + 1}: ";
            Line($"       {which}{step.What}, {step.Before:N0} → {step.After:N0} tokens");
        }

        if (call.IsRewrite && plan.LeftOut.Count > 0)
        {
            Omission left = plan.LeftOut[^1];
            Line($"       − messages {left.First} to {left.Last}, {left.Tokens:N0} tokens: {left.Reason}");
        }

        foreach (Notice notice in plan.Notices)
        {
            Line($"       to the user: {notice.Text}");
        }

        foreach (PlanItem item in plan.Items)
        {
            if (items || (call.IsRewrite && item.Kind != ItemKind.Message))
            {
                Item(item);
            }
        }
    }

    public void Totals(ContextReplay replay)
    {
        ContextReport report = replay.Report;
        RetentionCount kept = report.Retention;
        output.WriteLine();
        Line(
            $"{Counted.Of(report.Conversations, "conversation")}, {Counted.Of(report.Calls, "call")}: {report.Tokens:N0} tokens of prompts, {report.Compression:P1} of everything said; longest {report.Longest:N0} of {replay.Model.Budget:N0}"
        );
        Line(
            $"kept: {kept.KeptConstraints:N0} of {kept.ActiveConstraints:N0} constraints, {kept.Kept:N0} of {kept.Active:N0} decisions, corrections and preferences in force, over all calls"
        );
        if (kept.ActiveLabels > 0)
        {
            Line($"kept: {kept.KeptLabels:N0} of {kept.ActiveLabels:N0} labelled facts (metadata.must_keep)");
        }

        Line(
            $"earlier text changed before {Counted.Of(report.Rewrites, "call")}; {report.OverBudget:N0} over budget; {report.Refused:N0} refused"
        );
        output.Write(ToneText.Of(report.Tone));
        if (report.Classes is { Count: > 0 } classes)
        {
            string each = string.Join(
                ", ",
                Enum.GetValues<RetentionClass>()
                    .Reverse()
                    .Select(one =>
                        Invariant(
                            $"{one.ToString().ToLowerInvariant()} {classes.Precision(one):0.00}/{classes.Recall(one):0.00}"
                        )
                    )
            );
            Line($"classes of {Counted.Of(classes.Count, "labelled message")}, precision/recall: {each}");
        }

        if (report.Artefacts > 0)
        {
            Line(
                $"models: {Counted.Of(report.Artefacts, "artefact")} used, {report.ArtefactPromptTokens + report.ArtefactCompletionTokens:N0} tokens of their own calls; {report.FailedArtefacts.Count:N0} could not be used and changed nothing"
            );
            foreach (FailedArtefact failed in report.FailedArtefacts)
            {
                Line($"  unchanged: {failed.Row}, turn {failed.Turn + 1}: {failed.Place}: {failed.Reason}");
            }
        }

        Line($"of {Counted.Of(report.Calls, "answer")}, in rows of {replay.Model.Budget:N0} tokens by other rules:");
        foreach (RivalLoss loss in report.Rivals.Losses)
        {
            Line($"  {loss.Rule, -18} {loss.Lost, 7:N0} lost, {loss.Foreign, 7:N0} in another context than served");
        }
    }

    public void Comparison(List<(string Name, ContextReplay Replay)> replays, double? price, double? cached)
    {
        output.Write(Compared(replays, price, cached).ToText());
        output.WriteLine();
        output.WriteLine(
            "answers lost / trained in another context than served, by other trainers' rules at each policy's budget:"
        );
        foreach ((string name, ContextReplay replay) in replays)
        {
            IEnumerable<string> losses = replay.Report.Rivals.Losses.Select(loss =>
                Invariant($"{loss.Rule} {loss.Lost:N0}/{loss.Foreign:N0}")
            );
            Line($"  {name, -16} of {replay.Report.Calls:N0}: {string.Join(", ", losses)}");
        }
    }

    private static ReportTable Compared(
        List<(string Name, ContextReplay Replay)> replays,
        double? price,
        double? cached
    ) =>
        new(
            "",
            [
                "policy",
                "tokens",
                "of naive",
                "new",
                "models",
                "price",
                "kept",
                "rules kept",
                "longest",
                "over",
                "rewrites",
                "refused",
            ],
            [.. replays.Select(pair => Row(pair.Name, pair.Replay.Report, replays[0].Replay.Report, price, cached))]
        );

    private static TableCell[] Row(
        string name,
        ContextReport report,
        ContextReport naive,
        double? price,
        double? cached
    ) =>
        [
            name,
            Count(report.Tokens),
            Share(report.Tokens, naive.Tokens, empty: 1),
            Count(report.FreshTokens),
            Count(report.ArtefactPromptTokens + report.ArtefactCompletionTokens),
            price is { } each ? Cost(report, each, cached ?? each) : "–",
            Share(report.Retention.Kept, report.Retention.Active),
            Share(report.Retention.KeptConstraints, report.Retention.ActiveConstraints),
            Count(report.Longest),
            Count(report.OverBudget),
            Count(report.Rewrites),
            Count(report.Refused),
        ];

    private static TableCell Count(long count) => new(Invariant($"{count:N0}"), count);

    private static TableCell Cost(ContextReport report, double price, double cached)
    {
        long models = report.ArtefactPromptTokens + report.ArtefactCompletionTokens;
        double cost = (((report.FreshTokens + models) * price) + ((report.Tokens - report.FreshTokens) * cached)) / 1e6;
        return new TableCell(Invariant($"{cost:N4}"), cost);
    }

    private static TableCell Share(long part, long whole, double? empty = null)
    {
        double? share = whole == 0 ? empty : (double)part / whole;
        return new TableCell(share is { } known ? Invariant($"{known:P1}") : "–", share);
    }

    private void Item(PlanItem item)
    {
        string sources = item.Sources.Count == 0 ? "" : $" [{string.Join(", ", item.Sources)}]";
        string text = (item.Text ?? "").ReplaceLineEndings(" ");
        string shown =
            text.Length > LongestText ? $": {text[..LongestText]}…"
            : text.Length > 0 ? $": {text}"
            : "";
        Line(
            $"       + {item.Kind.ToString().ToLowerInvariant()}{sources}, {item.Tokens:N0} tokens, {item.Reason}{shown}"
        );
    }

    private void Line(FormattableString text) => output.WriteLine(Printable.Of(text));
}

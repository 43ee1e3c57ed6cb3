// Folder Pages: the prompt of a call, drawn for a page.
// Refuses to know: how prompts are planned.
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Pages;

/// <summary>
/// Draws a plan: a gauge of the window with the policy's thresholds, what the prompt holds in the colour of its kind, what was done and
/// what is gone. The page of <c>mtt serve</c> draws the same in its reader's browser.
/// </summary>
public static class PlanFigure
{
    private const int LongestText = 200;

    /// <summary>The style rules that go with it, behind those of the shell. A colour never stands alone: a word says the same.</summary>
    public const string Style = """
        .gauge{position:relative;display:flex;height:1.6rem;margin:1.6rem 0 1.4rem;border:1px solid var(--soft);border-radius:4px;forced-color-adjust:none}
        .gauge .part{background:var(--kind);border-right:1px solid var(--paper);box-sizing:border-box;min-width:0}
        .gauge .reserve{position:absolute;inset:0 0 0 auto;background:repeating-linear-gradient(45deg,var(--line) 0 4px,var(--paper) 4px 8px);border-left:2px solid var(--ink)}
        .gauge .mark{position:absolute;top:-.4rem;bottom:-.2rem;border-left:2px solid var(--ink)}
        .gauge .mark span{position:absolute;top:-1.1rem;left:-.9rem;font-size:.75rem;line-height:1;white-space:nowrap}
        .gauge .mark:nth-of-type(even) span{top:auto;bottom:-1rem}
        .kinds{display:flex;flex-wrap:wrap;gap:.2rem 1rem;padding:0;margin:.4rem 0;list-style:none}
        .swatch{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;background:var(--kind);margin-right:.3rem;forced-color-adjust:none}
        .parts{list-style:none;padding:0;margin:0}
        .parts>li{border-left:6px solid var(--kind);background:color-mix(in srgb,var(--kind) 8%,var(--paper));padding:.3rem .6rem;margin:0 0 .4rem}
        .words{overflow-wrap:anywhere;white-space:pre-wrap}.soft{color:var(--soft);font-weight:400}
        .kind-message{--kind:var(--c0)}.kind-constraint{--kind:var(--c1)}.kind-summary,.kind-document,.kind-retrieved{--kind:var(--c2)}
        .kind-persona,.kind-reminder{--kind:var(--c3)}.kind-system{--kind:var(--c4)}.kind-state{--kind:var(--c5)}
        .kind-facts,.kind-placeholder,.kind-tools,.kind-template{--kind:var(--soft)}
        """;

    /// <summary>The figure, as HTML.</summary>
    /// <param name="title">Its caption.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="policy">The policy it follows.</param>
    /// <param name="record">The messages that the plan's items name.</param>
    public static string Draw(string title, ContextPlan plan, ContextPolicy policy, IReadOnlyList<Message> record)
    {
        BudgetParts parts = plan.Parts;
        StringBuilder html = new();
        string estimated = plan.IsEstimate ? ", estimated" : "";
        Append(html, $"<figure><figcaption>{HtmlPage.Escape(title)}</figcaption>\n");
        Append(
            html,
            $"<p>{parts.Prompt:N0} of {Counted.Of(parts.Budget, "token")}{estimated}; everything that was said: {plan.NaiveTokens:N0}</p>\n"
        );
        AppendGauge(html, plan, policy);
        AppendList(html, Done(plan));
        Append(html, $"<details><summary>The prompt, part by part</summary><ol class=\"parts\">\n");
        foreach (PlanItem item in plan.Items)
        {
            AppendItem(html, item, record);
        }

        return html.Append("</ol></details></figure>\n").ToString();
    }

    private static void AppendGauge(StringBuilder html, ContextPlan plan, ContextPolicy policy)
    {
        (string Kind, int Tokens)[] kinds = [.. Kinds(plan)];
        string all = string.Join(", ", kinds.Select(kind => Invariant($"{kind.Kind} {kind.Tokens:N0}")));
        double Share(int tokens) => Math.Clamp(100.0 * tokens / plan.Parts.Window, 0, 100);
        Append(html, $"<div class=\"gauge\" role=\"img\" aria-label=\"{all} of {plan.Parts.Budget:N0} tokens\">");
        foreach ((string kind, int tokens) in kinds)
        {
            Append(html, $"<div class=\"part kind-{kind}\" style=\"width:{Share(tokens):F2}%\"></div>");
        }

        Append(html, $"<div class=\"reserve\" style=\"width:{Share(plan.Parts.Reserve):F2}%\"></div>");
        foreach (PolicyStep step in policy.Steps)
        {
            if (plan.ThresholdOf(step) is { } tokens)
            {
                string label = Invariant($"{step.When.Fraction * 100:0} %");
                Append(html, $"<div class=\"mark\" style=\"left:{Share(tokens):F2}%\"><span>{label}</span></div>");
            }
        }

        Append(html, $"</div>\n<ul class=\"kinds\">");
        foreach ((string kind, int tokens) in kinds)
        {
            Append(html, $"<li><span class=\"swatch kind-{kind}\"></span>{kind} {tokens:N0}</li>");
        }

        Append(html, $"<li>kept for the answer {plan.Parts.Reserve:N0}</li></ul>\n");
    }

    /// <summary>Tokens by kind, in the prompt's order; what no item counts stands around them.</summary>
    private static IEnumerable<(string Kind, int Tokens)> Kinds(ContextPlan plan)
    {
        foreach (IGrouping<ItemKind, PlanItem> kind in plan.Items.GroupBy(item => item.Kind))
        {
            yield return (Name(kind.Key), kind.Sum(item => item.Tokens));
        }

        if (plan.Parts.Tools > 0)
        {
            yield return ("tools", plan.Parts.Tools);
        }

        int rest = plan.Parts.Prompt - plan.Parts.Tools - plan.Items.Sum(item => item.Tokens);
        if (rest > 0)
        {
            yield return ("template", rest);
        }
    }

    private static IEnumerable<string> Done(ContextPlan plan) =>
        plan
            .Applied.Select(step =>
                Invariant($"{StepText.Of(step.Step)}{step.What}, {step.Before:N0} → {Counted.Of(step.After, "token")}")
            )
            .Concat(plan.LeftOut.Select(left => $"gone: {StepText.Of(left)}"))
            .Concat(plan.Notices.Select(notice => $"to the user: {notice.Text}"));

    private static void AppendList(StringBuilder html, IEnumerable<string> texts)
    {
        html.Append("<ul>");
        foreach (string text in texts)
        {
            Append(html, $"<li>{HtmlPage.Escape(text)}</li>\n");
        }

        html.Append("</ul>\n");
    }

    private static void AppendItem(StringBuilder html, PlanItem item, IReadOnlyList<Message> record)
    {
        string kind = Name(item.Kind);
        string text = item.Text ?? (item.Sources.Count > 0 ? record[item.Sources[0]].Content ?? "" : "");
        string role = item.Kind == ItemKind.Message ? $" of {record[item.Sources[0]].RoleName}" : "";
        // Half of a surrogate pair is no character.
        int end =
            text.Length > LongestText && char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText;
        string shown = text.Length > LongestText ? $"{text[..end]}…" : text;
        string sources =
            item.Sources.Count == 0 ? ""
            : item.Sources.Count == 1 ? Invariant($" · messages[{item.Sources[0]}]")
            : Invariant($" · messages[{item.Sources[0]}] to [{item.Sources[^1]}]");
        Append(
            html,
            $"<li class=\"kind-{kind}\"><span class=\"swatch\"></span><strong>{HtmlPage.Escape(kind + role)}</strong> "
        );
        Append(
            html,
            $"{Counted.Of(item.Tokens, "token")} <span class=\"soft\">{HtmlPage.Escape(item.Reason)}{sources}</span>"
        );
        Append(html, $"<div class=\"words\">{HtmlPage.Escape(shown)}</div></li>\n");
    }

    private static string Name(ItemKind kind) => Naming.SnakeCase(kind);

    private static void Append(StringBuilder html, FormattableString piece) => html.Append(Invariant(piece));
}

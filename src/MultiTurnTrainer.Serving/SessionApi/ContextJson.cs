using MultiTurnTrainer.Serving.Contexts;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary>A prompt with what is in it and why, as clients see it.</summary>
internal static class ContextJson
{
    public static JsonFields Of(AssembledContext context, ServedPolicy policy)
    {
        ContextPlan plan = context.Plan;
        return new JsonFields
        {
            ["object"] = "session.context",
            ["policy"] = policy.Fingerprint,
            ["mode"] = context.Mode,
            ["messages"] = context.Messages,
            ["hash"] = context.Hash(),
            ["text"] = policy.HasTemplate ? context.Text : null,
            ["tokens"] = plan.Parts.Prompt,
            ["budget"] = plan.Parts.Budget,
            ["window"] = plan.Parts.Window,
            ["estimated"] = plan.IsEstimate,
            ["naive_tokens"] = plan.NaiveTokens,
            ["turn"] = plan.Turn,
            ["first_turn"] = plan.FirstTurn,
            ["parts"] = Parts(plan.Parts),
            ["steps"] = Steps(plan, policy),
            ["applied"] = plan.Applied.Select(Applied).ToList<object?>(),
            ["items"] = plan.Items.Select(Item).ToList<object?>(),
            ["left_out"] = plan.LeftOut.Select(Omission).ToList<object?>(),
            ["constraints"] = plan.Constraints.Select(Constraint).ToList<object?>(),
            ["notices"] = plan.Notices.Select(notice => notice.Code).ToList<object?>(),
        };
    }

    // As the policy says them, and where they stand in this prompt.
    private static List<object?> Steps(ContextPlan plan, ServedPolicy policy) =>
        [
            .. policy
                .Steps()
                .Zip(
                    policy.Policy.Steps,
                    (written, step) => new JsonFields(written) { ["at"] = plan.ThresholdOf(step) }
                ),
        ];

    private static JsonFields Parts(BudgetParts parts) =>
        new()
        {
            ["system"] = parts.System,
            ["injected"] = parts.Injected,
            ["memory"] = parts.Memory,
            ["history"] = parts.History,
            ["tools"] = parts.Tools,
            ["reserve"] = parts.Reserve,
        };

    private static JsonFields Item(PlanItem item) =>
        new()
        {
            ["kind"] = Naming.SnakeCase(item.Kind),
            ["sources"] = item.Sources.Select(source => (object?)source).ToList(),
            ["tokens"] = item.Tokens,
            ["reason"] = item.Reason,
            ["text"] = item.Text,
        };

    private static JsonFields Omission(Omission omission) =>
        new()
        {
            ["first"] = omission.First,
            ["last"] = omission.Last,
            ["tokens"] = omission.Tokens,
            ["reason"] = omission.Reason,
        };

    private static JsonFields Applied(AppliedStep step) =>
        new()
        {
            ["step"] = step.Step,
            ["what"] = step.What,
            ["before"] = step.Before,
            ["after"] = step.After,
        };

    private static JsonFields Constraint(ActiveConstraint constraint) =>
        new()
        {
            ["text"] = constraint.Text,
            ["message"] = constraint.Message,
            ["turn"] = constraint.Turn,
            ["uncertain"] = constraint.IsUncertain,
            ["non_negotiable"] = constraint.IsNonNegotiable,
        };
}

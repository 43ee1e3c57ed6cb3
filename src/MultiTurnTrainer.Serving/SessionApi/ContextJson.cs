using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;

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
            ["tokens"] = plan.Parts.Prompt,
            ["budget"] = plan.Parts.Budget,
            ["window"] = plan.Parts.Window,
            ["estimated"] = plan.IsEstimate,
            ["items"] = plan.Items.Select(Item).ToList<object?>(),
            ["left_out"] = plan.LeftOut.Select(Omission).ToList<object?>(),
            ["notices"] = plan.Notices.Select(notice => notice.Code).ToList<object?>(),
        };
    }

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
}

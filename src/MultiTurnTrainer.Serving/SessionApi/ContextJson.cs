using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary>A prompt with what is in it and why, as clients see it.</summary>
internal static class ContextJson
{
    public static JsonObject Of(AssembledContext context, ServedPolicy policy)
    {
        ContextPlan plan = context.Plan;
        return new JsonObject
        {
            ["object"] = "session.context",
            ["policy"] = policy.Fingerprint,
            ["mode"] = context.Mode,
            ["messages"] = Json.Node(context.Messages),
            ["tokens"] = plan.Parts.Prompt,
            ["budget"] = plan.Parts.Budget,
            ["window"] = plan.Parts.Window,
            ["estimated"] = plan.IsEstimate,
            ["items"] = new JsonArray([.. plan.Items.Select(Item)]),
            ["left_out"] = new JsonArray([.. plan.LeftOut.Select(Omission)]),
            ["notices"] = new JsonArray([.. plan.Notices.Select(notice => (JsonNode)notice.Code)]),
        };
    }

    private static JsonNode Item(PlanItem item) =>
        new JsonObject
        {
            ["kind"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(item.Kind.ToString()),
            ["sources"] = new JsonArray([.. item.Sources.Select(source => (JsonNode)source)]),
            ["tokens"] = item.Tokens,
            ["reason"] = item.Reason,
            ["text"] = item.Text,
        };

    private static JsonNode Omission(Omission omission) =>
        new JsonObject
        {
            ["first"] = omission.First,
            ["last"] = omission.Last,
            ["tokens"] = omission.Tokens,
            ["reason"] = omission.Reason,
        };
}

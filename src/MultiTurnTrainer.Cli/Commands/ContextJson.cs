namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt context --format json</c> prints: the sums of each policy, and the plans of the shown conversations.</summary>
internal sealed class ContextJson
{
    private readonly JsonArray _shown = [];
    private JsonArray _calls = [];

    public void Begin(string policy, Conversation conversation)
    {
        _calls = [];
        _shown.Add(
            new JsonObject
            {
                ["policy"] = policy,
                ["id"] = conversation.Id,
                ["place"] = conversation.Place,
                ["calls"] = _calls,
            }
        );
    }

    public void Call(ReplayedCall call)
    {
        ContextPlan plan = call.Prompt.Plan;
        _calls.Add(
            new JsonObject
            {
                ["call"] = plan.Call,
                ["turn"] = plan.Turn,
                ["tokens"] = call.Tokens,
                ["estimated"] = plan.IsEstimate && call.Counted is null,
                ["planned_tokens"] = plan.Parts.Prompt,
                ["fresh_tokens"] = call.Fresh,
                ["naive_tokens"] = plan.NaiveTokens,
                ["placement"] = plan.Placement == BlockPlacement.System ? "system" : "user_turn",
                ["rewrite"] = call.IsRewrite,
                ["parts"] = JsonSerializer.SerializeToNode(plan.Parts, _options),
                ["items"] = JsonSerializer.SerializeToNode(plan.Items, _options),
                ["left_out"] = JsonSerializer.SerializeToNode(plan.LeftOut, _options),
                ["applied"] = JsonSerializer.SerializeToNode(plan.Applied, _options),
                ["notices"] = JsonSerializer.SerializeToNode(plan.Notices, _options),
                ["faults"] = JsonSerializer.SerializeToNode(call.Faults, _options),
            }
        );
    }

    public string Finish(List<(string Name, ContextReplay Replay)> replays)
    {
        JsonArray policies = [];
        foreach ((string name, ContextReplay replay) in replays)
        {
            JsonObject report = replay.Report.ToJson();
            report.Insert(0, "policy", name);
            report.Insert(1, "fingerprint", PolicyFingerprint.Of(replay.Model.Policy));
            report.Insert(2, "window", replay.Model.Window);
            report.Insert(3, "budget", replay.Model.Budget);
            policies.Add(report);
        }

        return new JsonObject { ["policies"] = policies, ["conversations"] = _shown }.ToJsonString(JsonText.Compact);
    }

    private static readonly JsonSerializerOptions _options = new(JsonText.Compact)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt context --format json</c> prints: the sums of each policy, and the plans of the shown conversations.</summary>
internal sealed class ContextJson
{
    private readonly List<JsonFields> _shown = [];
    private List<JsonFields> _calls = [];

    public void Begin(string policy, Conversation conversation)
    {
        _calls = [];
        _shown.Add(
            new JsonFields
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
            new JsonFields
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
                ["parts"] = RecordJson.ToWholeValue(plan.Parts),
                ["items"] = RecordJson.ToWholeValue(plan.Items),
                ["left_out"] = RecordJson.ToWholeValue(plan.LeftOut),
                ["applied"] = RecordJson.ToWholeValue(plan.Applied),
                ["notices"] = RecordJson.ToWholeValue(plan.Notices),
                ["faults"] = RecordJson.ToWholeValue(call.Faults),
                ["tone"] = call.Tone is { } tone ? RecordJson.ToWholeValue(tone) : null,
            }
        );
    }

    public string Finish(List<(string Name, ContextReplay Replay)> replays)
    {
        List<JsonFields> policies = [];
        foreach ((string name, ContextReplay replay) in replays)
        {
            JsonFields report = replay.Report.ToJson();
            report.Insert(0, "policy", name);
            report.Insert(1, "fingerprint", PolicyFingerprint.Of(replay.Model.Policy));
            report.Insert(2, "window", replay.Model.Window);
            report.Insert(3, "budget", replay.Model.Budget);
            policies.Add(report);
        }

        return JsonText.Line(new JsonFields { ["policies"] = policies, ["conversations"] = _shown });
    }
}

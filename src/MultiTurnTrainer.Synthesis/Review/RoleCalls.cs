using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Replies;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>What a role said, or why it said nothing of use.</summary>
/// <param name="Fields">The parts of its reply; null where there are none.</param>
/// <param name="Outcome">How a dialogue ends that needed this reply.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record RoleReply(
    IReadOnlyDictionary<string, string>? Fields,
    DialogueOutcome Outcome = DialogueOutcome.Complete,
    string? Reason = null
)
{
    public string this[string name] => Fields![name];
}

/// <summary>What all roles of a run share.</summary>
/// <param name="Model">The model of roles that name none.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Json">Whether replies are JSON objects instead of tags.</param>
/// <param name="MaxRepairs">Calls that may follow a reply that cannot be read.</param>
/// <param name="AcceptUntagged">Whether an untagged reply is taken whole after the repairs.</param>
internal sealed record AskSettings(string? Model, int Seed, bool Json, int MaxRepairs, bool AcceptUntagged);

/// <summary>Asks one role: the call, the reading of its reply, and a bounded number of repairs.</summary>
/// <param name="settings">The model of roles that name none, the form of replies, the repairs.</param>
/// <param name="prompts">Has the prompt of a repair.</param>
/// <param name="calls">Where replies come from.</param>
internal sealed class RoleCalls(AskSettings settings, PromptSet prompts, ICalls calls)
{
    /// <summary>Asks until the reply can be read.</summary>
    /// <param name="role">The role's name, for the trace.</param>
    /// <param name="model">The model behind it.</param>
    /// <param name="key">The place of the first call.</param>
    /// <param name="turns">What it sees.</param>
    /// <param name="shape">What it must say.</param>
    /// <param name="log">Receives every call, in order.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="check">A further demand on the parts; says what is wrong.</param>
    public async Task<RoleReply> AskAsync(
        string role,
        RoleSettings model,
        CallKey key,
        IReadOnlyList<ChatTurn> turns,
        ReplyShape shape,
        List<TracedCall> log,
        CancellationToken cancellation,
        Func<IReadOnlyDictionary<string, string>, string?>? check = null
    )
    {
        bool json = settings.Json;
        string problem = "";
        for (int attempt = 0; attempt <= settings.MaxRepairs; attempt++)
        {
            CallKey place = key with { Attempt = attempt };
            ChatRequest request = new(
                model.Model ?? settings.Model ?? "",
                turns,
                model.Temperature,
                model.TopP,
                model.MaxTokens,
                place.SamplingSeed(settings.Seed),
                json ? shape.Schema() : null
            );
            CallRecord record = await calls
                .CallAsync(place, request, model.Endpoints, cancellation)
                .ConfigureAwait(false);
            log.Add(new TracedCall(role, request, record));
            if (record.Reply is not { } reply)
            {
                return new RoleReply(null, DialogueOutcome.Failed, $"{role}: {record.Error}");
            }

            if (reply.Refusal is not null || reply.FinishReason == "content_filter")
            {
                return new RoleReply(null, DialogueOutcome.Refused, $"{role} refused");
            }

            ReadReply read = ReplyReader.Read(reply.Text, shape, json);
            problem = read.Problem ?? check?.Invoke(read.Fields) ?? "";
            if (problem.Length == 0)
            {
                return new RoleReply(read.Fields);
            }

            if (attempt == settings.MaxRepairs && settings.AcceptUntagged && read.Untagged is { } text)
            {
                return Untagged(shape, text) ?? new RoleReply(null, DialogueOutcome.Unreadable, $"{role}: {problem}");
            }

            turns = Repair(turns, shape, reply.Text, problem);
        }

        return new RoleReply(null, DialogueOutcome.Unreadable, $"{role}: {problem}");
    }

    /// <summary>Asks for a reply again, naming what was wrong with it.</summary>
    private List<ChatTurn> Repair(IReadOnlyList<ChatTurn> turns, ReplyShape shape, string reply, string problem)
    {
        string again = prompts.Fill("repair", ("problem", problem), ("format", shape.Describe(settings.Json)));
        string shown = reply.Trim();

        // Many templates refuse an empty assistant turn; then the guide gets the remark.
        return shown.Length == 0
            ? [.. turns.Take(turns.Count - 1), new("user", $"{turns[^1].Content}\n\n{again}")]
            : [.. turns, new("assistant", ControlText.Neutralize(shown)), new("user", again)];
    }

    /// <summary>A whole text as the one thing a candidate or a reviewer has to say.</summary>
    private static RoleReply? Untagged(ReplyShape shape, string text) =>
        shape.Fields[0].Name is "respond" or "criticize" && shape.Fields.Count(field => field.Required) == 1
            ? new RoleReply(new Dictionary<string, string> { [shape.Fields[0].Name] = text })
            : null;
}

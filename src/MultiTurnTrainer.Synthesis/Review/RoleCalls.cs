using MultiTurnTrainer.Synthesis.Calls;
using MultiTurnTrainer.Synthesis.Endpoints;
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

/// <summary>Asks one role: the call, the reading of its reply, and a bounded number of repairs.</summary>
internal sealed class RoleCalls(ReviewSettings settings, RolePrompts prompts, ICalls calls)
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
        bool json = settings.Format == ReplyFormat.Json;
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

            turns = prompts.Repair(turns, shape, reply.Text, problem);
        }

        return new RoleReply(null, DialogueOutcome.Unreadable, $"{role}: {problem}");
    }

    /// <summary>A whole text as the one thing a candidate or a reviewer has to say.</summary>
    private static RoleReply? Untagged(ReplyShape shape, string text) =>
        shape.Fields[0].Name is "respond" or "criticize" && shape.Fields.Count(field => field.Required) == 1
            ? new RoleReply(new Dictionary<string, string> { [shape.Fields[0].Name] = text })
            : null;
}

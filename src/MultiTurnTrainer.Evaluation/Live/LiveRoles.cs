using MultiTurnTrainer.Evaluation.Simulation;
using MultiTurnTrainer.Evaluation.Verifiers;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Evaluation.Live;

/// <summary>A role gave no reply: the dialogue cannot be finished.</summary>
internal sealed class DialogueFailedException(string reason) : Exception(reason);

/// <summary>The parties of a dialogue behind endpoints. A dialogue is a pure function of their replies.</summary>
internal sealed class LiveRoles(EvaluateSettings settings, IVerifier verifier, ICalls calls) : IDialogueParties
{
    // The benchmark asks three times for an answer that stands in the reply word for word.
    private const int Tries = 3;

    private static readonly Dictionary<string, ReplyKind> _kinds = Enum.GetValues<ReplyKind>()
        .ToDictionary(kind => Naming.SnakeCase(kind));

    // Servers differ; what one of them refuses, no run should depend on.
    public bool TakesConsecutiveUsers => false;

    public IDialogueUser UserOf(DialoguePlace place, IReadOnlyList<string> script) =>
        settings.User is { } role && ModelUser.CanPlay(place.Choice.Mode)
            ? new ModelUser(place, role, settings.MaxTurns, this)
            : new ScriptedUser(script);

    public async Task<DialogueReply> ReplyAsync(
        DialoguePlace place,
        int turn,
        IReadOnlyList<ChatTurn> shown,
        CancellationToken cancellation
    )
    {
        ChatReply reply = await AskAsync(
                place,
                Invariant($"t{turn}/assistant"),
                0,
                settings.Assistant,
                shown,
                cancellation
            )
            .ConfigureAwait(false);
        return new DialogueReply(reply.Refusal ?? reply.Text, reply.CompletionTokens)
        {
            PromptTokens = reply.PromptTokens,
            IsCut = reply.FinishReason == "length",
        };
    }

    public async Task<Verdict> JudgeAsync(
        DialoguePlace place,
        int turn,
        IReadOnlyList<ChatTurn> turns,
        CancellationToken cancellation
    )
    {
        string reply = turns[^1].Content;
        if (settings.Verifier is not { } role || place.Task.Family is "translation" or "summary")
        {
            return verifier.Judge(place.Task, reply);
        }

        // A single turn can only be an answer: it is not classified.
        if (place.Choice.Mode is not (SimulationMode.Full or SimulationMode.Concat))
        {
            ReplyKind kind = await ClassifyAsync(place, turn, role, turns, cancellation).ConfigureAwait(false);
            if (kind != ReplyKind.AnswerAttempt)
            {
                return new Verdict(kind, 0, 0, null);
            }
        }

        Verdict verdict = place.Task.Family is "math" or "database"
            ? verifier.JudgeExtracted(
                place.Task,
                await ExtractAsync(place, turn, role, reply, cancellation).ConfigureAwait(false)
            )
            : verifier.Judge(place.Task, reply);
        return verdict with { Kind = ReplyKind.AnswerAttempt };
    }

    /// <summary>One reply of a role.</summary>
    /// <exception cref="DialogueFailedException">There was none.</exception>
    private async Task<ChatReply> AskAsync(
        DialoguePlace place,
        string step,
        int attempt,
        RoleSettings role,
        IReadOnlyList<ChatTurn> turns,
        CancellationToken cancellation
    )
    {
        CallKey key = new(place.Index, Invariant($"{place.Choice.Name}/r{place.Run}/{step}"), attempt);
        ChatRequest request = new(
            role.Model ?? settings.Model ?? "",
            turns,
            role.Temperature,
            role.TopP,
            role.MaxTokens,
            key.SamplingSeed(settings.Seed)
        );
        CallRecord record = await calls.CallAsync(key, request, role.Endpoints, cancellation).ConfigureAwait(false);
        return record.Reply ?? throw new DialogueFailedException($"{step}: {record.Error}");
    }

    /// <summary>What a role says in a JSON object, asked until it can be read; null where it never can.</summary>
    /// <param name="place">The dialogue.</param>
    /// <param name="step">The call's place in it.</param>
    /// <param name="role">Who is asked.</param>
    /// <param name="turns">What it sees.</param>
    /// <param name="read">Reads the object; null asks again.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DialogueFailedException">There was no reply.</exception>
    public async Task<T?> AskAsync<T>(
        DialoguePlace place,
        string step,
        RoleSettings role,
        IReadOnlyList<ChatTurn> turns,
        Func<IReadOnlyDictionary<string, object?>, T?> read,
        CancellationToken cancellation
    )
        where T : class
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            ChatReply reply = await AskAsync(place, step, attempt, role, turns, cancellation).ConfigureAwait(false);
            if (RolePrompts.ReadObject(reply.Text) is { } fields && read(fields) is { } said)
            {
                return said;
            }
        }

        return null;
    }

    private async Task<ReplyKind> ClassifyAsync(
        DialoguePlace place,
        int turn,
        RoleSettings role,
        IReadOnlyList<ChatTurn> turns,
        CancellationToken cancellation
    )
    {
        string? kind = await AskAsync<string>(
                place,
                Invariant($"t{turn}/class"),
                role,
                RolePrompts.Classify(place.Task, turns),
                said =>
                    said.GetValueOrDefault("response_type") is string name
                    && name.Trim().ToLowerInvariant() is var known
                    && _kinds.ContainsKey(known)
                        ? known
                        : null,
                cancellation
            )
            .ConfigureAwait(false);

        // A reply of no known kind is no answer.
        return kind is null ? ReplyKind.Discussion : _kinds[kind];
    }

    private async Task<string> ExtractAsync(
        DialoguePlace place,
        int turn,
        RoleSettings role,
        string reply,
        CancellationToken cancellation
    ) =>
        await AskAsync<string>(
                place,
                Invariant($"t{turn}/answer"),
                role,
                RolePrompts.Extract(place.Task, reply),
                said => said.GetValueOrDefault("answer") is string answer ? RolePrompts.Locate(reply, answer) : null,
                cancellation
            )
            .ConfigureAwait(false)
        ?? "";
}

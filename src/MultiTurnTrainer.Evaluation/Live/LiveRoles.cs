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
        if (
            turns.Count(one => one.Role == "user") > 1
            || place.Choice.Mode is not (SimulationMode.Full or SimulationMode.Concat)
        )
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
    public async Task<ChatReply> AskAsync(
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

    private async Task<ReplyKind> ClassifyAsync(
        DialoguePlace place,
        int turn,
        RoleSettings role,
        IReadOnlyList<ChatTurn> turns,
        CancellationToken cancellation
    )
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            ChatReply said = await AskAsync(
                    place,
                    Invariant($"t{turn}/class"),
                    attempt,
                    role,
                    RolePrompts.Classify(place.Task, turns),
                    cancellation
                )
                .ConfigureAwait(false);
            if (
                RolePrompts.ReadObject(said.Text)?.GetValueOrDefault("response_type") is string name
                && Array.Find(
                    Enum.GetValues<ReplyKind>(),
                    kind => Naming.SnakeCase(kind) == name.Trim().ToLowerInvariant()
                )
                    is var found
                && Naming.SnakeCase(found) == name.Trim().ToLowerInvariant()
            )
            {
                return found;
            }
        }

        // What nobody can call an answer is none.
        return ReplyKind.Discussion;
    }

    private async Task<string> ExtractAsync(
        DialoguePlace place,
        int turn,
        RoleSettings role,
        string reply,
        CancellationToken cancellation
    )
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            ChatReply said = await AskAsync(
                    place,
                    Invariant($"t{turn}/answer"),
                    attempt,
                    role,
                    RolePrompts.Extract(place.Task, reply),
                    cancellation
                )
                .ConfigureAwait(false);
            if (
                RolePrompts.ReadObject(said.Text)?.GetValueOrDefault("answer") is string answer
                && RolePrompts.Locate(reply, answer) is { } located
            )
            {
                return located;
            }
        }

        return "";
    }
}

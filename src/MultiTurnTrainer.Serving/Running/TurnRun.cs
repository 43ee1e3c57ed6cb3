using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Serving.Telemetry;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>One turn from the call of its model to its commit, or to its interruption.</summary>
internal sealed class TurnRun(
    SessionTurns turns,
    SessionContexts contexts,
    LiveTurn live,
    PromptContext prompts,
    SessionPlan? plan,
    IUpstream upstream,
    SessionsOptions options,
    TimeProvider time
)
{
    /// <summary>The prompts of the session.</summary>
    public PromptContext Prompts => prompts;

    /// <summary>Where their plans stood before the turn; saved with it, they are gone on with from there.</summary>
    public SessionPlan? Plan => plan;

    private readonly AnswerBuilder _answer = new();
    private readonly SessionKey _session = live.State.Key;
    private int _checkpointed;
    private long _lastCheckpoint = time.GetTimestamp();

    /// <summary>Runs it to its end, whatever that is.</summary>
    /// <returns>The session with the answer; null where it broke off.</returns>
    public async Task<SessionState?> RunAsync(TurnOrder order, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(live.Abandoned, stop);
        using TurnTimes? times = live.Times;
        times?.Model = upstream.Model;
        try
        {
            await AnswerAsync(order, ended.Token).ConfigureAwait(false);
            live.Times?.Mark("answer");
            SessionState state = await CommitAsync().ConfigureAwait(false);
            live.Complete(state);
            return state;
        }
        catch (Exception problem)
        {
            string reason =
                stop.IsCancellationRequested ? "shutdown"
                : live.Abandoned.IsCancellationRequested ? "client"
                : "upstream";
            times?.Fail(reason);
            live.Fail(await InterruptAsync(reason, problem).ConfigureAwait(false));
            return null;
        }
    }

    private async Task AnswerAsync(TurnOrder order, CancellationToken cancellation)
    {
        try
        {
            await StreamAsync(BodyOf(order), cancellation).ConfigureAwait(false);
        }
        catch (EndpointException problem)
            when (_answer.IsEmpty
                && options.Fallbacks.OnTokenOverflow == OverflowFallback.CompressAndRetry
                && IsOverflow(problem)
            )
        {
            AssembledContext shorter = null!;
            await contexts
                .DoAsync(_session, prompts, () => shorter = prompts.Shorten(), cancellation)
                .ConfigureAwait(false);
            live.Shorten(shorter);
            await StreamAsync(BodyOf(order), cancellation).ConfigureAwait(false);
        }
    }

    // Servers say it in words of their own.
    private static bool IsOverflow(EndpointException problem) =>
        problem.Fault == EndpointFault.Rejected
        && (
            problem.Message.Contains("context length", StringComparison.OrdinalIgnoreCase)
            || problem.Message.Contains("context_length", StringComparison.OrdinalIgnoreCase)
            || problem.Message.Contains("too long", StringComparison.OrdinalIgnoreCase)
        );

    private JsonFields BodyOf(TurnOrder order)
    {
        JsonFields body = order.Body.Body.Copy();
        body.Remove("metadata");
        List<object?> messages = (List<object?>)JsonTree.Of(live.Context!.Messages)!;
        if (order.Instructions is { Length: > 0 } instructions)
        {
            messages.Insert(0, new JsonFields { ["role"] = "system", ["content"] = instructions });
        }

        body["messages"] = messages;
        body["stream"] = true;
        body["stream_options"] = new JsonFields { ["include_usage"] = true };
        if (live.State.Tools is { } tools && body.Get("tools") is null)
        {
            body["tools"] = JsonTree.Of(tools);
        }

        LimitAnswer(body);
        return body;
    }

    /// <summary>An answer does not pass the session's ceiling of tokens.</summary>
    private void LimitAnswer(JsonFields body)
    {
        if (options.Budget.AnswerTokens(live.State, live.Context!.Plan.Parts.Prompt) is not { } left)
        {
            return;
        }

        if (left == 0)
        {
            throw new SessionBudgetException("tokens", live.State.SinceEscalation.Tokens, options.Budget.Tokens!.Value);
        }

        string name = body.Get("max_completion_tokens") is null ? "max_tokens" : "max_completion_tokens";
        body[name] = Math.Min(left, (long)(Json.Number(body, name, 1, int.MaxValue) ?? left));
    }

    private async Task StreamAsync(JsonFields body, CancellationToken cancellation)
    {
        // What ends the answer is shown when the answer is durable.
        await foreach (
            JsonFields chunk in upstream.StreamAsync(body, _session.ToString(), cancellation).ConfigureAwait(false)
        )
        {
            _answer.Add(chunk);
            if (
                chunk.Get("choices") is List<object?> { Count: > 0 } choices
                && choices[0] is JsonFields choice
                && choice.Get("delta") is JsonFields { Count: > 0 }
            )
            {
                choice["finish_reason"] = null;
                chunk["id"] = StoredAnswer.ChatId(live.Turn);
                live.Add(chunk);
                await CheckpointAsync().ConfigureAwait(false);
            }
        }

        // A server that says nothing and calls nothing has not answered.
        if (_answer.IsEmpty && _answer.Finish is not ("stop" or "length" or "content_filter"))
        {
            throw new EndpointException(EndpointFault.Transient, "the stream was empty");
        }
    }

    private async Task CheckpointAsync()
    {
        bool isDue =
            _answer.Pieces - _checkpointed >= options.CheckpointTokens
            || (
                _answer.Pieces > _checkpointed
                && time.GetElapsedTime(_lastCheckpoint).TotalMilliseconds >= options.CheckpointMilliseconds
            );
        if (!isDue)
        {
            return;
        }

        await turns.CheckpointAsync(_session, live.Turn.Id, _answer.Text).ConfigureAwait(false);
        _checkpointed = _answer.Pieces;
        _lastCheckpoint = time.GetTimestamp();
    }

    private async Task<SessionState> CommitAsync()
    {
        AssembledContext context = live.Context!;
        int prompt = Count("prompt_tokens") ?? context.Plan.Parts.Prompt;
        int completion = Count("completion_tokens") ?? _answer.Pieces;
        CommitInfo info = new()
        {
            FinishReason = _answer.Finish ?? "stop",
            PromptTokens = prompt,
            CompletionTokens = completion,
            Model = upstream.Model,
            PromptIds = upstream is LocalUpstream ? prompts.Ids() : null,
            PromptHash = context.Hash(),
            Mode = Enum.Parse<ContextMode>(context.Mode, ignoreCase: true),
        };
        JsonView message = JsonText.ToView(_answer.Message());
        ContextCompressed? compressed =
            context.Plan.Applied.Count == 0
                ? null
                : new ContextCompressed(
                    live.Turn.Id,
                    [.. context.Plan.Applied.Select(step => step.What)],
                    context.Plan.NaiveTokens,
                    context.Plan.Parts.Prompt
                );
        SessionState state = await CommitAsync(message, info, compressed).ConfigureAwait(false);
        live.Times?.Answered(state, info, context, prompts, _answer.Text);
        prompts.Correct(prompt);
        prompts.Append(message);
        ShowEnd(state, info);
        return state;
    }

    private async Task<SessionState> CommitAsync(JsonView message, CommitInfo info, ContextCompressed? compressed)
    {
        Task<SessionState> Commit() => turns.CommitAsync(_session, live.Turn.Id, message, info, compressed, plan);
        try
        {
            return await Commit().ConfigureAwait(false);
        }
        catch (MttException problem) when (problem.IsPassing)
        {
            // A whole answer is worth another wait; whether it was kept the first time is seen then.
            return await Commit().ConfigureAwait(false);
        }
    }

    private void ShowEnd(SessionState state, CommitInfo info)
    {
        string id = StoredAnswer.ChatId(live.Turn);
        long created = live.Turn.At.ToUnixTimeSeconds();
        JsonFields last = Chunks.Of(id, upstream.Model, created, [], info.FinishReason);
        last["mtt"] = new JsonFields
        {
            ["session"] = state.Id,
            ["turn"] = live.Turn.Id,
            ["version"] = state.Version,
        };
        live.Add(last);
        live.Add(Chunks.Usage(id, upstream.Model, created, _answer.Usage ?? StoredAnswer.Usage(info)));
    }

    private int? Count(string name) => Json.ToInteger(_answer.Usage?.Get(name)) is { } count and > 0 ? count : null;

    private async Task<Exception> InterruptAsync(string reason, Exception problem)
    {
        SessionState state;
        try
        {
            state = await turns.InterruptAsync(_session, live.Turn.Id, _answer.Text, reason).ConfigureAwait(false);
            if (options.Fallbacks.OnStreamFailure == StreamFallback.AcknowledgePartial && _answer.Text.Length > 0)
            {
                state = await turns.AcknowledgeAsync(_session, live.Turn.Id).ConfigureAwait(false);
            }
        }
        catch (Exception second)
        {
            // The session was erased meanwhile, or its store is away: then the turn is found pending when that is back.
            return second is MttException { IsPassing: true }
                ? ErrorMapping.Of(second)
                : new ApiException(500, "store_failed", "The interruption could not be written down.", second);
        }

        ApiException error =
            reason == "shutdown"
                ? new ApiException(503, "server_stopping", "The server stops; the turn was interrupted.", problem)
                : ErrorMapping.Of(problem);
        return new ApiException(error.Status, "turn_interrupted", error.Message, problem)
        {
            RetryAfter = error.RetryAfter,
            Details = new JsonFields
            {
                ["cause"] = error.Code,
                ["reason"] = reason,
                ["session"] = state.Id,
                ["turn"] = live.Turn.Id,
                ["version"] = state.Version,
                ["partial"] = _answer.Text,
            },
        };
    }
}

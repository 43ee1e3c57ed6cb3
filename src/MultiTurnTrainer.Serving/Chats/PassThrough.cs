using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.Chats;

/// <summary>Chat completions without a session: the messages under the policy, everything else as it came.</summary>
/// <param name="upstreams">The models.</param>
/// <param name="policy">The policy.</param>
/// <param name="artefacts">Makes what the policy asks of models; null where nobody can.</param>
/// <param name="router">Chooses the model.</param>
/// <param name="options">Heartbeats.</param>
/// <param name="time">The clock.</param>
internal sealed class PassThrough(
    UpstreamSet upstreams,
    ServedPolicy policy,
    ServedArtefacts? artefacts,
    Router router,
    ServerOptions options,
    TimeProvider time
)
{
    /// <summary>Answers.</summary>
    public async Task AnswerAsync(HttpContext http, ChatBody request)
    {
        JsonFields body = request.Body.Copy();
        AssembledContext? context = await AssembleAsync(request, http.RequestAborted).ConfigureAwait(false);
        if (context is not null)
        {
            ContextHeaders.Write(http.Response.Headers, context);
            body["messages"] = JsonTree.Of(context.Messages);
        }

        IUpstream upstream = upstreams.Find(router.Choose(request, context));
        if (request.IsStreamed)
        {
            await StreamAsync(http, upstream, body, request.WantsUsage).ConfigureAwait(false);
            return;
        }

        JsonFields answer = await upstream.CompleteAsync(body, http.RequestAborted).ConfigureAwait(false);
        await Json.WriteAsync(http, answer).ConfigureAwait(false);
    }

    // A list that an assistant's words end is to be continued, not answered: there is no turn to plan.
    private async Task<AssembledContext?> AssembleAsync(ChatBody request, CancellationToken cancellation)
    {
        if (request.Messages[^1].Get("role") is "assistant")
        {
            return null;
        }

        PromptContext context = policy.Open(request.Tools, artefacts?.OfChats);
        foreach (JsonFields message in request.Messages)
        {
            await DoAsync(() => context.Append(JsonText.ToView(message))).ConfigureAwait(false);
        }

        AssembledContext? assembled = null;
        await DoAsync(() => assembled = context.Assemble()).ConfigureAwait(false);
        return assembled;

        Task DoAsync(Action action)
        {
            if (artefacts is not null)
            {
                return artefacts.DoAsync(action, cancellation);
            }

            action();
            return Task.CompletedTask;
        }
    }

    private async Task StreamAsync(HttpContext http, IUpstream upstream, JsonFields body, bool wantsUsage)
    {
        CancellationToken gone = http.RequestAborted;
        IAsyncEnumerator<JsonFields> chunks = upstream.StreamAsync(body, null, gone).GetAsyncEnumerator(gone);
        await using (chunks.ConfigureAwait(false))
        {
            // What fails before the first piece is an error with its own status.
            bool more = await chunks.MoveNextAsync().ConfigureAwait(false);
            EventStream stream = await EventStream.BeginAsync(http, options.Heartbeat, time).ConfigureAwait(false);
            try
            {
                while (more)
                {
                    if (wantsUsage || chunks.Current.Get("choices") is List<object?> { Count: > 0 })
                    {
                        await stream.SendAsync(chunks.Current).ConfigureAwait(false);
                    }

                    more = await stream.NextAsync(chunks, gone).ConfigureAwait(false);
                }

                await stream.SendDoneAsync().ConfigureAwait(false);
            }
            catch (EndpointException problem)
            {
                await stream.SendAsync(ErrorMapping.Of(problem).Body()).ConfigureAwait(false);
            }
        }
    }
}

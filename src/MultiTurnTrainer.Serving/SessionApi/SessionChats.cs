using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary>Chat completions in a session.</summary>
/// <param name="runner">Answers turns.</param>
/// <param name="options">Heartbeats.</param>
/// <param name="time">The clock.</param>
internal sealed class SessionChats(TurnRunner runner, ServerOptions options, TimeProvider time)
{
    /// <summary>Answers, whole or streamed.</summary>
    public async Task AnswerAsync(HttpContext http, TurnOrder order, ChatBody body)
    {
        LiveTurn live = await runner.StartAsync(order, http.RequestAborted).ConfigureAwait(false);
        Say(http.Response.Headers, live);
        if (body.IsStreamed)
        {
            await StreamAsync(http, live, body.WantsUsage).ConfigureAwait(false);
        }
        else
        {
            await WholeAsync(http, live).ConfigureAwait(false);
        }
    }

    /// <summary>Says in headers which turn it is, and how its prompt was made.</summary>
    public static void Say(IHeaderDictionary headers, LiveTurn live)
    {
        headers[ContextHeaders.Session] = live.State.Id;
        headers[ContextHeaders.Turn] = live.Turn.Id;
        headers[ContextHeaders.Version] = Invariant($"{live.State.Version}");
        headers[ContextHeaders.Timing] = live.Times?.ToString();
        if (live.Context is { } context)
        {
            ContextHeaders.Write(headers, context);
        }
    }

    private static async Task WholeAsync(HttpContext http, LiveTurn live)
    {
        AnswerBuilder answer = new();
        await foreach (JsonView chunk in live.ReadAsync(http.RequestAborted).ConfigureAwait(false))
        {
            answer.Add((JsonFields)JsonTree.Of(chunk)!);
        }

        SessionState state = await live.Outcome.ConfigureAwait(false);
        http.Response.Headers[ContextHeaders.Timing] = live.Times?.ToString();
        http.Response.Headers[ContextHeaders.Version] = Invariant($"{state.Version}");
        JsonFields whole = Chunks.Whole(
            StoredAnswer.ChatId(live.Turn),
            live.Model,
            live.Turn.At.ToUnixTimeSeconds(),
            answer.Message(),
            answer.Finish ?? "stop",
            answer.Usage
        );
        whole["mtt"] = new JsonFields
        {
            ["session"] = state.Id,
            ["turn"] = live.Turn.Id,
            ["version"] = state.Version,
            ["notices"] = Notices(live).ToList<object?>(),
        };
        await Json.WriteAsync(http, whole).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext http, LiveTurn live, bool wantsUsage)
    {
        CancellationToken gone = http.RequestAborted;
        IAsyncEnumerator<JsonView> chunks = live.ReadAsync(gone).GetAsyncEnumerator(gone);
        await using (chunks.ConfigureAwait(false))
        {
            // What fails before the first piece is an error with its own status.
            bool more = await chunks.MoveNextAsync().ConfigureAwait(false);
            EventStream stream = await EventStream.BeginAsync(http, options.Heartbeat, time).ConfigureAwait(false);
            try
            {
                foreach (JsonFields notice in Notices(live))
                {
                    await stream.SendAsync(NoticeChunk(live, notice), "context.notice").ConfigureAwait(false);
                }

                while (more)
                {
                    if (wantsUsage || chunks.Current.GetProperty("choices").GetArrayLength() > 0)
                    {
                        await stream.SendAsync(chunks.Current).ConfigureAwait(false);
                    }

                    more = await stream.NextAsync(chunks, gone).ConfigureAwait(false);
                }

                await stream.SendDoneAsync().ConfigureAwait(false);
            }
            catch (ApiException problem)
            {
                await stream.SendAsync(problem.Body()).ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<JsonFields> Notices(LiveTurn live) =>
        (live.Context?.Plan.Notices ?? []).Select(notice => new JsonFields
        {
            ["code"] = notice.Code,
            ["text"] = notice.Text,
        });

    // A chunk without choices, as that of the counts: clients that know no notices read on.
    private static JsonFields NoticeChunk(LiveTurn live, JsonFields notice)
    {
        JsonFields chunk = Chunks.Usage(
            StoredAnswer.ChatId(live.Turn),
            live.Model,
            live.Turn.At.ToUnixTimeSeconds(),
            []
        );
        chunk.Remove("usage");
        chunk["notice"] = notice;
        return chunk;
    }
}

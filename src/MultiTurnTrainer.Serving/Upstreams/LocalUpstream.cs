using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>A model in this process.</summary>
/// <param name="name">The name clients say.</param>
/// <param name="model">The model.</param>
/// <param name="time">The clock.</param>
internal sealed class LocalUpstream(string name, LocalServedModel model, TimeProvider time) : IUpstream
{
    private const int DefaultTokens = 1024;

    // Of OpenAI's request what a model in this process cannot do; the rest it does, or it changes nothing.
    private static readonly string[] _unsupported =
    [
        "audio",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "prediction",
        "response_format",
        "top_logprobs",
        "web_search_options",
    ];

    public string Model => name;

    public async IAsyncEnumerable<JsonFields> StreamAsync(
        JsonFields body,
        string? cacheKey,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        LocalChat chat = new(ChatOf(body), cacheKey, Read(body));
        StopWords stops = new(Stops(body));
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        long created = time.GetUtcNow().ToUnixTimeSeconds();
        bool hasTools = body.Get("tools") is List<object?> { Count: > 0 };
        ToolCallText? calls = hasTools ? new ToolCallText() : null;
        LocalPiece? last = null;
        yield return Chunks.Of(id, name, created, new JsonFields { ["role"] = "assistant", ["content"] = "" });
        await foreach (LocalPiece piece in model.AnswerAsync(chat, cancellation).ConfigureAwait(false))
        {
            last = piece;
            string text = stops.Take(piece.Text, isLast: piece.Finish is not null);
            string shown = calls?.Take(text, isLast: piece.Finish is not null || stops.Found) ?? text;
            if (shown.Length > 0)
            {
                yield return Chunks.Of(id, name, created, new JsonFields { ["content"] = shown });
            }

            if (stops.Found)
            {
                break;
            }
        }

        if (calls?.Calls is { Count: > 0 } found)
        {
            yield return Chunks.Of(id, name, created, new JsonFields { ["tool_calls"] = found });
        }

        string finish =
            calls?.Calls.Count > 0 ? "tool_calls"
            : stops.Found || last?.Finish is not FinishReason.Length ? "stop"
            : "length";
        yield return Chunks.Of(id, name, created, [], finish);
        JsonFields usage = Chunks.Counts(last?.PromptTokens ?? 0, last?.CompletionTokens ?? 0, last?.ReusedTokens ?? 0);
        yield return Chunks.Usage(id, name, created, usage);
    }

    public async Task<JsonFields> CompleteAsync(JsonFields body, CancellationToken cancellation)
    {
        AnswerBuilder answer = new();
        string id = "";
        await foreach (JsonFields chunk in StreamAsync(body, null, cancellation).ConfigureAwait(false))
        {
            id = (string)chunk["id"]!;
            answer.Add(chunk);
        }

        long created = time.GetUtcNow().ToUnixTimeSeconds();
        return Chunks.Whole(id, name, created, answer.Message(), answer.Finish!, answer.Usage);
    }

    public void Forget(string cacheKey) => model.Forget(cacheKey);

    public void Dispose() => model.Dispose();

    private static Conversation ChatOf(JsonFields body)
    {
        JsonFields chat = new() { ["messages"] = body.Get("messages") };
        foreach (string member in new[] { "tools", "chat_template_kwargs" })
        {
            if (body.Get(member) is { } value)
            {
                chat[member] = value;
            }
        }

        return Conversation.FromJson(JsonText.ToView(chat));
    }

    private static GenerationOptions Read(JsonFields body)
    {
        if (_unsupported.FirstOrDefault(member => body.Get(member) is { } value && !IsIdle(value)) is { } unsupported)
        {
            throw ApiException.Unsupported(unsupported);
        }

        if (Json.Number(body, "n", 1, 1) is null && body.Get("n") is not null)
        {
            throw ApiException.Unsupported("n");
        }

        double tokens =
            Json.Number(body, "max_completion_tokens", 1, 1_000_000)
            ?? Json.Number(body, "max_tokens", 1, 1_000_000)
            ?? DefaultTokens;
        return new GenerationOptions
        {
            MaxNewTokens = (int)tokens,
            Temperature = Json.Number(body, "temperature", 0, 2) ?? 0,
            TopP = Json.Number(body, "top_p", 1e-6, 1) ?? 1,
            TopK = (int)(Json.Number(body, "top_k", 0, 1_000_000) ?? 0),
            Seed = (ulong)(Json.Number(body, "seed", 0, long.MaxValue) ?? 0),
        };
    }

    private static bool IsIdle(object value) =>
        value switch
        {
            bool isOn => !isOn,
            JsonFields { Count: 0 } or List<object?> { Count: 0 } => true,
            JsonFields format => format.Get("type") is "text",
            _ => false,
        };

    private static string[] Stops(JsonFields body) =>
        body.Get("stop") switch
        {
            null => [],
            string text => [text],
            List<object?> { Count: <= 16 } list when list.TrueForAll(item => item is string) =>
            [
                .. list.OfType<string>().Where(text => text.Length > 0),
            ],
            _ => throw ApiException.Invalid("stop", "must be a string or up to 16 strings"),
        };
}

namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>Chunks and answers in OpenAI's form.</summary>
internal static class Chunks
{
    /// <summary>A chunk with what is new of an answer.</summary>
    public static JsonObject Of(string id, string model, long created, JsonObject delta, string? finish = null) =>
        new()
        {
            ["id"] = id,
            ["object"] = "chat.completion.chunk",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new JsonArray(
                new JsonObject
                {
                    ["index"] = 0,
                    ["delta"] = delta,
                    ["logprobs"] = null,
                    ["finish_reason"] = finish,
                }
            ),
        };

    /// <summary>The chunk behind the last, with the counts.</summary>
    public static JsonObject Usage(string id, string model, long created, JsonObject usage) =>
        new()
        {
            ["id"] = id,
            ["object"] = "chat.completion.chunk",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new JsonArray(),
            ["usage"] = usage,
        };

    /// <summary>The counts of an answer.</summary>
    public static JsonObject Counts(int prompt, int completion, int cached) =>
        new()
        {
            ["prompt_tokens"] = prompt,
            ["completion_tokens"] = completion,
            ["total_tokens"] = prompt + completion,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = cached },
        };

    /// <summary>A whole answer.</summary>
    public static JsonObject Whole(
        string id,
        string model,
        long created,
        JsonObject message,
        string finish,
        JsonObject? usage
    ) =>
        new()
        {
            ["id"] = id,
            ["object"] = "chat.completion",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new JsonArray(
                new JsonObject
                {
                    ["index"] = 0,
                    ["message"] = message,
                    ["logprobs"] = null,
                    ["finish_reason"] = finish,
                }
            ),
            ["usage"] = usage,
        };
}

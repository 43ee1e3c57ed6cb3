namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>Chunks and answers in OpenAI's form.</summary>
internal static class Chunks
{
    /// <summary>A chunk with what is new of an answer.</summary>
    public static JsonFields Of(string id, string model, long created, JsonFields delta, string? finish = null) =>
        new()
        {
            ["id"] = id,
            ["object"] = "chat.completion.chunk",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new List<object?>
            {
                new JsonFields
                {
                    ["index"] = 0,
                    ["delta"] = delta,
                    ["logprobs"] = null,
                    ["finish_reason"] = finish,
                },
            },
        };

    /// <summary>The chunk behind the last, with the counts.</summary>
    public static JsonFields Usage(string id, string model, long created, JsonFields usage) =>
        new()
        {
            ["id"] = id,
            ["object"] = "chat.completion.chunk",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new List<object?>(),
            ["usage"] = usage,
        };

    /// <summary>The counts of an answer.</summary>
    public static JsonFields Counts(int prompt, int completion, int cached) =>
        new()
        {
            ["prompt_tokens"] = prompt,
            ["completion_tokens"] = completion,
            ["total_tokens"] = prompt + completion,
            ["prompt_tokens_details"] = new JsonFields { ["cached_tokens"] = cached },
        };

    /// <summary>A whole answer.</summary>
    public static JsonFields Whole(
        string id,
        string model,
        long created,
        JsonFields message,
        string finish,
        JsonFields? usage
    ) =>
        new()
        {
            ["id"] = id,
            ["object"] = "chat.completion",
            ["created"] = created,
            ["model"] = model,
            ["choices"] = new List<object?>
            {
                new JsonFields
                {
                    ["index"] = 0,
                    ["message"] = message,
                    ["logprobs"] = null,
                    ["finish_reason"] = finish,
                },
            },
            ["usage"] = usage,
        };
}

using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary>The body of <c>POST /v1/responses</c>, and the chat completion that it asks for.</summary>
internal sealed class ResponseRequest
{
    // Members that are read here, and those that pass to the model under the same or another name.
    private static readonly string[] _read =
    [
        "model",
        "input",
        "instructions",
        "tools",
        "previous_response_id",
        "conversation",
        "stream",
        "metadata",
        "store",
        "stream_options",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "service_tier",
    ];

    private static readonly Dictionary<string, string> _passed = new(StringComparer.Ordinal)
    {
        ["temperature"] = "temperature",
        ["top_p"] = "top_p",
        ["max_output_tokens"] = "max_completion_tokens",
        ["parallel_tool_calls"] = "parallel_tool_calls",
    };

    private ResponseRequest(JsonFields body)
    {
        Body = body;
        Messages = ResponseItems.ToMessages(body.Get("input"));
        Instructions = Json.Text(body, "instructions");
        Previous = Json.Text(body, "previous_response_id");
        Conversation = body.Get("conversation") switch
        {
            JsonFields named => Json.Text(named, "id"),
            _ => Json.Text(body, "conversation"),
        };
        IsStreamed = Json.Flag(body, "stream");
        Tools = Json.List(body, "tools") is { } tools ? ResponseItems.ToTools(tools) : null;
    }

    /// <summary>The whole body.</summary>
    public JsonFields Body { get; }

    /// <summary>The new messages.</summary>
    public List<object?> Messages { get; }

    /// <summary>A system prompt for this answer alone.</summary>
    public string? Instructions { get; }

    /// <summary>The response that this one follows.</summary>
    public string? Previous { get; }

    /// <summary>The conversation that this one belongs to.</summary>
    public string? Conversation { get; }

    /// <summary>Whether events are wanted.</summary>
    public bool IsStreamed { get; }

    /// <summary>The tools, as chat completions declare them.</summary>
    public List<object?>? Tools { get; }

    /// <summary>Reads and checks a body.</summary>
    /// <exception cref="ApiException">It cannot be meant, or asks for what is not supported, by name.</exception>
    public static ResponseRequest Read(JsonFields body)
    {
        foreach ((string name, object? value) in body)
        {
            if (value is not null && !IsSupported(name, value))
            {
                throw ApiException.Unsupported(name);
            }
        }

        ResponseRequest request = new(body);
        return request.Previous is null || request.Conversation is null
            ? request
            : throw ApiException.Invalid("conversation", "cannot stand beside previous_response_id");
    }

    /// <summary>The chat completion that is asked for, with the new messages.</summary>
    public ChatBody ToChat()
    {
        JsonFields chat = new() { ["messages"] = Messages, ["model"] = Body.Get("model") };
        foreach ((string ours, string theirs) in _passed)
        {
            if (Body.Get(ours) is { } value)
            {
                chat[theirs] = value;
            }
        }

        if (Tools is { Count: > 0 })
        {
            chat["tools"] = Tools;
        }

        if (Body.Get("tool_choice") is { } choice)
        {
            chat["tool_choice"] =
                choice is JsonFields named && named.Get("name") is { } name
                    ? new JsonFields
                    {
                        ["type"] = "function",
                        ["function"] = new JsonFields { ["name"] = name },
                    }
                    : choice;
        }

        return ChatBody.Read(chat);
    }

    private static bool IsSupported(string name, object value) =>
        Array.IndexOf(_read, name) >= 0
        || _passed.ContainsKey(name)
        || name switch
        {
            // What asks for nothing beyond what happens anyhow.
            "background" => value is false,
            "include" => value is List<object?> { Count: 0 },
            "reasoning" => value is JsonFields options && options.Values.All(option => option is null),
            "text" => value is JsonFields shape
                && (shape.Get("format") is null || (shape.Get("format") as JsonFields)?.Get("type") is "text"),
            "tool_choice" => value is not (List<object?> or JsonFields)
                || (value as JsonFields)?.Get("type") is "function",
            "top_logprobs" => Json.ToInteger(value) == 0,
            "truncation" => value is "auto" or "disabled",
            _ => false,
        };
}

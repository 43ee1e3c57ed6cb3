namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>Puts the chunks of an answer together. What is no chunk as OpenAI writes them is a failure of the server.</summary>
internal sealed class AnswerBuilder
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _refusal = new();
    private readonly SortedDictionary<int, Call> _calls = [];

    /// <summary>The text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>Pieces so far: about as many as tokens.</summary>
    public int Pieces { get; private set; }

    /// <summary>Why it ended; null while it goes on.</summary>
    public string? Finish { get; private set; }

    /// <summary>The counts; null where the server gives none.</summary>
    public JsonObject? Usage { get; private set; }

    /// <summary>Whether nothing was said yet.</summary>
    public bool IsEmpty => _text.Length == 0 && _reasoning.Length == 0 && _refusal.Length == 0 && _calls.Count == 0;

    /// <summary>Adds a chunk.</summary>
    /// <exception cref="EndpointException">It is malformed.</exception>
    public void Add(JsonObject chunk)
    {
        try
        {
            Usage = chunk["usage"] is JsonObject usage ? (JsonObject)usage.DeepClone() : Usage;
            if (chunk["choices"] is JsonArray { Count: > 0 } choices)
            {
                JsonObject choice = choices[0]!.AsObject();
                Finish = choice["finish_reason"]?.GetValue<string>() ?? Finish;
                Take(choice["delta"] as JsonObject ?? []);
            }
        }
        catch (Exception problem)
            when (problem is InvalidOperationException or FormatException or ArgumentException or NullReferenceException
            )
        {
            throw new EndpointException(EndpointFault.Transient, "a chunk of the stream is malformed", problem);
        }
    }

    /// <summary>The message so far, in the canonical form.</summary>
    public JsonObject Message()
    {
        JsonObject message = new()
        {
            ["role"] = "assistant",
            ["content"] = _text.Length > 0 || _calls.Count == 0 ? _text.ToString() : null,
        };
        if (_reasoning.Length > 0)
        {
            message["reasoning_content"] = _reasoning.ToString();
        }

        if (_refusal.Length > 0)
        {
            message["refusal"] = _refusal.ToString();
        }

        if (_calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. _calls.Values.Select(call => call.ToJson())]);
        }

        return message;
    }

    private void Take(JsonObject delta)
    {
        int before = _text.Length + _reasoning.Length + _refusal.Length;
        _text.Append(delta["content"]?.GetValue<string>());
        _reasoning.Append((delta["reasoning_content"] ?? delta["reasoning"])?.GetValue<string>());
        _refusal.Append(delta["refusal"]?.GetValue<string>());
        bool isMore = _text.Length + _reasoning.Length + _refusal.Length > before;
        foreach (JsonNode? item in delta["tool_calls"] as JsonArray ?? [])
        {
            isMore = true;
            JsonObject part = item!.AsObject();
            int index = part["index"]?.GetValue<int>() ?? 0;
            if (!_calls.TryGetValue(index, out Call? call))
            {
                _calls[index] = call = new Call();
            }

            call.Add(part);
        }

        Pieces += isMore ? 1 : 0;
    }

    private sealed class Call
    {
        private readonly StringBuilder _name = new();
        private readonly StringBuilder _arguments = new();
        private string? _id;

        public void Add(JsonObject part)
        {
            _id ??= part["id"]?.GetValue<string>();
            if (part["function"] is JsonObject function)
            {
                _name.Append(function["name"]?.GetValue<string>());
                _arguments.Append(function["arguments"]?.GetValue<string>());
            }
        }

        public JsonNode ToJson() =>
            new JsonObject
            {
                ["id"] = _id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = _name.ToString(), ["arguments"] = _arguments.ToString() },
            };
    }
}

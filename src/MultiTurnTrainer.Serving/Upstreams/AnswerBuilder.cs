using MultiTurnTrainer.Serving.Http;

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
    public JsonFields? Usage { get; private set; }

    /// <summary>Whether nothing was said yet.</summary>
    public bool IsEmpty => _text.Length == 0 && _reasoning.Length == 0 && _refusal.Length == 0 && _calls.Count == 0;

    /// <summary>Adds a chunk.</summary>
    /// <exception cref="EndpointException">It is malformed.</exception>
    public void Add(JsonFields chunk)
    {
        try
        {
            Usage = chunk.Get("usage") as JsonFields ?? Usage;
            if (chunk.Get("choices") is List<object?> { Count: > 0 } choices)
            {
                JsonFields choice = (JsonFields)choices[0]!;
                Finish = (string?)choice.Get("finish_reason") ?? Finish;
                Take(choice.Get("delta") as JsonFields ?? []);
            }
        }
        catch (Exception problem) when (problem is InvalidCastException or NullReferenceException)
        {
            throw new EndpointException(EndpointFault.Transient, "a chunk of the stream is malformed", problem);
        }
    }

    /// <summary>The message so far, in the canonical form.</summary>
    public JsonFields Message()
    {
        JsonFields message = new()
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
            message["tool_calls"] = _calls.Values.Select(call => call.ToJson()).ToList<object?>();
        }

        return message;
    }

    private void Take(JsonFields delta)
    {
        int before = _text.Length + _reasoning.Length + _refusal.Length;
        _text.Append((string?)delta.Get("content"));
        _reasoning.Append((string?)(delta.Get("reasoning_content") ?? delta.Get("reasoning")));
        _refusal.Append((string?)delta.Get("refusal"));
        bool isMore = _text.Length + _reasoning.Length + _refusal.Length > before;
        foreach (object? item in delta.Get("tool_calls") as List<object?> ?? [])
        {
            isMore = true;
            JsonFields part = (JsonFields)item!;
            int index = part.Get("index") is { } given
                ? Json.ToInteger(given) ?? throw new InvalidCastException("an index is no whole number")
                : 0;
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

        public void Add(JsonFields part)
        {
            _id ??= (string?)part.Get("id");
            if (part.Get("function") is JsonFields function)
            {
                _name.Append((string?)function.Get("name"));
                _arguments.Append((string?)function.Get("arguments"));
            }
        }

        public JsonFields ToJson() =>
            new()
            {
                ["id"] = _id,
                ["type"] = "function",
                ["function"] = new JsonFields { ["name"] = _name.ToString(), ["arguments"] = _arguments.ToString() },
            };
    }
}

// Folder Chats: chat completions: what a client asks, what is sent, what comes back.
// Refuses to know: which store there is, which API a turn came through.
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Chats;

/// <summary>The body of a chat completion, with the members this server reads.</summary>
internal sealed class ChatBody
{
    private const int MostMessages = 20_000;

    private ChatBody(JsonFields body, IReadOnlyList<JsonFields> messages)
    {
        Body = body;
        Messages = messages;
        Model = Json.Text(body, "model");
        IsStreamed = Json.Flag(body, "stream");
        WantsUsage = Json.Object(body, "stream_options") is { } options && Json.Flag(options, "include_usage");
        Tools = Json.List(body, "tools");
        Metadata = Json.Object(body, "metadata");
    }

    /// <summary>The whole body.</summary>
    public JsonFields Body { get; }

    /// <summary>The messages, at least one.</summary>
    public IReadOnlyList<JsonFields> Messages { get; }

    /// <summary>The model's name; null for the standard one.</summary>
    public string? Model { get; }

    /// <summary>Whether the answer is wanted piece by piece.</summary>
    public bool IsStreamed { get; }

    /// <summary>Whether a stream ends with the counts.</summary>
    public bool WantsUsage { get; }

    /// <summary>The declared tools.</summary>
    public List<object?>? Tools { get; }

    /// <summary>The client's own notes.</summary>
    public JsonFields? Metadata { get; }

    /// <summary>Reads and checks a body.</summary>
    /// <exception cref="ApiException">It cannot be meant.</exception>
    public static ChatBody Read(JsonFields body)
    {
        List<object?> messages =
            Json.List(body, "messages") ?? throw ApiException.Invalid("messages", "a list of messages is needed");
        if (messages.Count is 0 or > MostMessages)
        {
            throw ApiException.Invalid("messages", Invariant($"must hold 1 to {MostMessages} messages"));
        }

        return new ChatBody(body, [.. messages.Select(Check)]);
    }

    private static JsonFields Check(object? node, int index)
    {
        string place = Invariant($"messages[{index}]");
        if (node is not JsonFields message)
        {
            throw ApiException.Invalid(place, "must be an object");
        }

        string? name = message.Get("role") as string;
        if (name is null || !Roles.Canonical.Contains(name))
        {
            throw ApiException.Invalid($"{place}.role", $"must be one of {string.Join(", ", Roles.Canonical)}");
        }

        return message.Get("content") is null or string or List<object?>
            ? message
            : throw ApiException.Invalid($"{place}.content", "must be a string, a list of parts, or null");
    }
}

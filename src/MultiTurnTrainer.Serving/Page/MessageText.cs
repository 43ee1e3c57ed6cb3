namespace MultiTurnTrainer.Serving.Page;

/// <summary>The words of a canonical message.</summary>
internal static class MessageText
{
    /// <summary>The text, parts one after the other; what is no text is named by its type.</summary>
    public static string Of(JsonView message) =>
        !message.TryGetProperty("content", out JsonView content) ? ""
        : content.Kind == JsonKind.String ? content.GetString()!
        : content.Kind == JsonKind.Array ? string.Join('\n', content.EnumerateArray().Select(Part))
        : "";

    /// <summary>The calls of tools: name and arguments.</summary>
    public static IEnumerable<(string Name, string Arguments)> Calls(JsonView message) =>
        message.TryGetProperty("tool_calls", out JsonView calls) && calls.Kind == JsonKind.Array
            ? calls.EnumerateArray().Select(Call)
            : [];

    private static string Part(JsonView part) =>
        Member(part, "text") is { Kind: JsonKind.String } text ? text.GetString()!
        : Member(part, "type") is { Kind: JsonKind.String } type ? $"[{type.GetString()}]"
        : part.GetRawText();

    private static (string Name, string Arguments) Call(JsonView call)
    {
        JsonView? function = Member(call, "function");
        JsonView? arguments = function is { } known ? Member(known, "arguments") : null;
        return (
            function is { } named && Member(named, "name") is { Kind: JsonKind.String } name ? name.GetString()! : "?",
            arguments is { Kind: JsonKind.String } text ? text.GetString()! : arguments?.GetRawText() ?? ""
        );
    }

    private static JsonView? Member(JsonView owner, string name) =>
        owner.Kind == JsonKind.Object && owner.TryGetProperty(name, out JsonView value) ? value : null;
}

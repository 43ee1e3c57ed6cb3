using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Filters;

/// <summary>What a filter can ask about a conversation.</summary>
internal static class FilterVariables
{
    private static readonly Dictionary<string, Func<Conversation, FilterValue>> _known = new(StringComparer.Ordinal)
    {
        ["id"] = row => new FilterValue(row.Id),
        ["messages"] = row => Number(row.Messages.Count),
        ["turns"] = row => Number(row.Messages.Count(message => message.Role == Role.User)),
        ["answers"] = row => Number(row.Messages.Count(message => message.Role == Role.Assistant)),
        ["calls"] = row => Number(row.Messages.Sum(message => message.ToolCalls.Count)),
        ["tools"] = row => Number(row.Tools is { Kind: JsonKind.Array } tools ? tools.GetArrayLength() : 0),
        ["chars"] = row => Number(row.Messages.Sum(message => message.Content?.Length ?? 0)),
        ["has_system"] = row => new FilterValue(
            row.Messages.Any(message => message.Role is Role.System or Role.Developer)
        ),
        ["has_reasoning"] = row => new FilterValue(
            row.Messages.Any(message => message.ReasoningContent is { Length: > 0 })
        ),
        ["text"] = row => Join(row, _ => true),
        ["system"] = row => Join(row, role => role is Role.System or Role.Developer),
        ["user"] = row => Join(row, role => role == Role.User),
        ["assistant"] = row => Join(row, role => role == Role.Assistant),
        ["first"] = row => new FilterValue(row.Messages.FirstOrDefault(message => message.Role == Role.User)?.Content),
        ["last"] = row => new FilterValue(row.Messages.LastOrDefault()?.Content),
        ["last_role"] = row => new FilterValue(row.Messages.LastOrDefault()?.RoleName),
        ["language"] = row => new FilterValue(
            Language.Guess(
                Encoding.UTF8.GetBytes(
                    row.Messages.LastOrDefault(message => message.Role == Role.Assistant)?.Content ?? ""
                )
            )
        ),
    };

    /// <summary>The names, for messages.</summary>
    public static IEnumerable<string> Names => _known.Keys.Append("metadata");

    /// <summary>A variable by its name; <c>metadata.a.b</c> walks into the metadata. Null when there is none.</summary>
    public static Func<Conversation, FilterValue>? Find(string name)
    {
        string[] path = name.Split('.');
        return path[0] == "metadata"
            ? row => new FilterValue(Plain(Walk(row.Metadata, path.Skip(1))))
            : _known.GetValueOrDefault(name);
    }

    private static JsonView? Walk(JsonView? value, IEnumerable<string> path) =>
        path.Aggregate(value, (owner, name) => owner?.Get(name));

    /// <summary>A value as null, a truth, a number (double) or a text; what is neither as its JSON.</summary>
    private static object? Plain(JsonView? value) =>
        value switch
        {
            null => null,
            { Kind: JsonKind.True } => true,
            { Kind: JsonKind.False } => false,
            { Kind: JsonKind.Number } number => number.GetDouble(),
            { Kind: JsonKind.String } text => text.GetString(),
            { } other => other.GetRawText(),
        };

    private static FilterValue Number(int value) => new((double)value);

    private static FilterValue Join(Conversation row, Func<Role, bool> wanted) =>
        new(string.Join('\n', row.Messages.Where(message => wanted(message.Role)).Select(message => message.Content)));
}

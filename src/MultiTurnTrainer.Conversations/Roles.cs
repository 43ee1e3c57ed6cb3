namespace MultiTurnTrainer.Conversations;

/// <summary>The spellings of roles that data sets use.</summary>
public static class Roles
{
    private static readonly Dictionary<string, Role> _canonical = new(StringComparer.Ordinal)
    {
        ["system"] = Role.System,
        ["developer"] = Role.Developer,
        ["user"] = Role.User,
        ["assistant"] = Role.Assistant,
        ["tool"] = Role.Tool,
    };

    private static readonly Dictionary<string, Role> _aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["system"] = Role.System,
        ["system_prompt"] = Role.System,
        ["instruction"] = Role.System,
        ["developer"] = Role.Developer,
        ["user"] = Role.User,
        ["human"] = Role.User,
        ["person"] = Role.User,
        ["prompter"] = Role.User,
        ["customer"] = Role.User,
        ["client"] = Role.User,
        ["assistant"] = Role.Assistant,
        ["gpt"] = Role.Assistant,
        ["chatgpt"] = Role.Assistant,
        ["bot"] = Role.Assistant,
        ["bing"] = Role.Assistant,
        ["bard"] = Role.Assistant,
        ["claude"] = Role.Assistant,
        ["model"] = Role.Assistant,
        ["ai"] = Role.Assistant,
        ["agent"] = Role.Assistant,
        ["chatbot"] = Role.Assistant,
        ["function_call"] = Role.Assistant,
        ["function-call"] = Role.Assistant,
        ["tool_call"] = Role.Assistant,
        ["tool_calls"] = Role.Assistant,
        ["tool"] = Role.Tool,
        ["tool_response"] = Role.Tool,
        ["tool_result"] = Role.Tool,
        ["function"] = Role.Tool,
        ["function_response"] = Role.Tool,
        ["function-response"] = Role.Tool,
        ["observation"] = Role.Tool,
        ["ipython"] = Role.Tool,
        ["environment"] = Role.Tool,
    };

    /// <summary>The five canonical spellings, in the order help texts show them.</summary>
    public static IReadOnlyList<string> Canonical { get; } = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>The role of a canonical spelling; <see cref="Role.Unknown"/> for any other text.</summary>
    public static Role Parse(string? name) =>
        name is not null && _canonical.TryGetValue(name, out Role role) ? role : Role.Unknown;

    /// <summary>The role that any known spelling means, whatever its case; <see cref="Role.Unknown"/> when none does.</summary>
    public static Role Meaning(string? name) =>
        name is not null && _aliases.TryGetValue(name.Trim(), out Role role) ? role : Role.Unknown;

    /// <summary>Whether a role's messages are calls, which belong to an answer: their text is JSON.</summary>
    public static bool IsCall(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "tool_call"u8)
        || Ascii.EqualsIgnoreCase(name, "tool_calls"u8)
        || Ascii.EqualsIgnoreCase(name, "function_call"u8)
        || Ascii.EqualsIgnoreCase(name, "function-call"u8);

    /// <summary>Whether a role's messages are results under a name that no template knows.</summary>
    public static bool IsResult(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "tool_response"u8)
        || Ascii.EqualsIgnoreCase(name, "tool_result"u8)
        || Ascii.EqualsIgnoreCase(name, "function_response"u8)
        || Ascii.EqualsIgnoreCase(name, "function-response"u8)
        || Ascii.EqualsIgnoreCase(name, "function"u8);

    /// <summary>The canonical spelling.</summary>
    public static string Name(Role role) => role == Role.Unknown ? "unknown" : Canonical[(int)role - 1];

    /// <summary>The role of canonical UTF-8, without making a string.</summary>
    internal static Role Parse(ReadOnlySpan<byte> name) =>
        name.Length switch
        {
            4 when name.SequenceEqual("user"u8) => Role.User,
            4 when name.SequenceEqual("tool"u8) => Role.Tool,
            6 when name.SequenceEqual("system"u8) => Role.System,
            9 when name.SequenceEqual("assistant"u8) => Role.Assistant,
            9 when name.SequenceEqual("developer"u8) => Role.Developer,
            _ => Role.Unknown,
        };
}

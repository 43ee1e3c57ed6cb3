// Folder Targets: what the services that fine-tune models take as a training file.
// Refuses to know: how a finding is reported.
namespace MultiTurnTrainer.Validation.Targets;

/// <summary>A service's rules for the files that are uploaded to it. Where they were read, and when, stands in <c>docs/targets.md</c>.</summary>
/// <param name="Name">The name on the command line.</param>
public sealed record ProviderTarget(string Name)
{
    private const long MiB = 1 << 20;
    private static readonly string[] _wholeNumbers = ["0", "1"];

    /// <summary>The services there are.</summary>
    public static IReadOnlyList<ProviderTarget> All { get; } =
    [
        new("together")
        {
            MaxBytes = 100_000_000_000,
            Roles = ["system", "user", "assistant", "tool"],
            RowKeys = ["messages", "tools"],
            Weights = ["0", "1", "true", "false"],
            BeginsWithUser = true,
            Alternates = true,
        },
        new("openai")
        {
            MinRows = 10,
            MaxBytes = 512 * MiB,
            MaxTokens = 65_536,
            Roles = ["system", "developer", "user", "assistant", "tool"],
            RowKeys = ["messages", "tools", "parallel_tool_calls", "functions"],
            MessageKeys =
            [
                "role",
                "content",
                "name",
                "weight",
                "tool_calls",
                "tool_call_id",
                "function_call",
                "refusal",
            ],
            Weights = _wholeNumbers,
            LastIsAssistant = true,
        },
        new("mistral")
        {
            MaxBytes = 512 * MiB,
            MaxEvaluationBytes = MiB,
            Roles = ["system", "user", "assistant", "tool"],
            Weights = ["0", "1", "0.0", "1.0"],
            BeginsWithUser = true,
            LastIsAssistant = true,
            CallIdsHaveNine = true,
            ToolsAreWhole = true,
        },
    ];

    /// <summary>Least rows of a training file.</summary>
    public int MinRows { get; init; } = 1;

    /// <summary>Most bytes of a training file.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>Most bytes of an evaluation file; null for as many as of a training file.</summary>
    public long? MaxEvaluationBytes { get; init; }

    /// <summary>Tokens beyond which a row is cut; null where it depends on the model alone.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The roles it knows.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The keys a row may have; empty for any.</summary>
    public IReadOnlyList<string> RowKeys { get; init; } = [];

    /// <summary>The keys a message may have; empty for any.</summary>
    public IReadOnlyList<string> MessageKeys { get; init; } = [];

    /// <summary>The weights a message may have, as JSON writes them.</summary>
    public required IReadOnlyList<string> Weights { get; init; }

    /// <summary>Whether a row must begin with a system or user message.</summary>
    public bool BeginsWithUser { get; init; }

    /// <summary>Whether a row must end with an answer.</summary>
    public bool LastIsAssistant { get; init; }

    /// <summary>Whether a user message and an answer must take turns.</summary>
    public bool Alternates { get; init; }

    /// <summary>Whether the id of a call must be nine letters or digits.</summary>
    public bool CallIdsHaveNine { get; init; }

    /// <summary>Whether a tool must have a description and parameters beside its name.</summary>
    public bool ToolsAreWhole { get; init; }

    /// <summary>A service by its name; null when there is none.</summary>
    public static ProviderTarget? Find(string? name) => All.FirstOrDefault(target => target.Name == name);
}

using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>Says which tasks are not sharded at all: empty, too long, or held out for evaluation.</summary>
internal sealed class ShardFilter
{
    private readonly int? _maxCharacters;
    private readonly HashSet<string> _excluded;

    /// <param name="settings">The limits.</param>
    /// <param name="excluded">Files of tasks whose questions must not appear, such as the evaluation set.</param>
    public ShardFilter(ShardSettings settings, IReadOnlyList<string> excluded)
    {
        _maxCharacters = settings.MaxCharacters;
        _excluded = ShardInput
            .Read(excluded, settings.Family)
            .Select(task => Normalized(task.Question))
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The reason to leave a task out, or null.</summary>
    public string? Reason(ShardedTask task) =>
        string.IsNullOrWhiteSpace(task.Question) ? ShardOutcome.Empty
        : task.Question.Length > _maxCharacters ? ShardOutcome.TooLong
        : _excluded.Contains(Normalized(task.Question)) ? ShardOutcome.Excluded
        : null;

    /// <summary>Lower case, letters and digits alone: the same question in another typesetting is the same question.</summary>
    private static string Normalized(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}

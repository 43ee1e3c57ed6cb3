using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;

namespace MultiTurnTrainer.Conversations.Validation;

/// <summary>Choices of a validation.</summary>
public sealed record ValidationOptions
{
    /// <summary>Most errors before reading stops; 0 for no end.</summary>
    public long MaxErrors { get; init; }

    /// <summary>Most bytes a row may have.</summary>
    public int MaxRowBytes { get; init; } = ConversationReader.MaxRowBytes;

    /// <summary>Codes with another severity than the catalogue's; null switches a code off.</summary>
    public IReadOnlyDictionary<string, Severity?> Severities { get; init; } = new Dictionary<string, Severity?>();

    /// <summary>How rows of other formats are converted before the rules see them.</summary>
    public ConversionOptions Conversion { get; init; } = ConversionOptions.Faithful;

    /// <summary>Told the format of every row and the reason, when set.</summary>
    public Action<string, long, string>? ExplainFormat { get; init; }
}

using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation;

/// <summary>Choices of a validation.</summary>
public sealed record ValidationOptions
{
    /// <summary>Most errors before reading stops; 0 for no end.</summary>
    public long MaxErrors { get; init; }

    /// <summary>Most bytes a row may have.</summary>
    public int MaxRowBytes { get; init; } = ConversationReader.MaxRowBytes;

    /// <summary>The part of all rows whose findings count. The other rows are looked at too: duplicates reach from one to another.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Which findings count.</summary>
    public FindingChoices Findings { get; init; } = new();

    /// <summary>How far duplicates are searched.</summary>
    public DuplicateMode Duplicates { get; init; } = DuplicateMode.Exact;

    /// <summary>Least estimated similarity of near duplicates.</summary>
    public double Similarity { get; init; } = 0.8;

    /// <summary>Evaluation files, read after the others and searched for rows of theirs.</summary>
    public IReadOnlyList<string> Evaluation { get; init; } = [];

    /// <summary>The model that the data is for; null checks without one.</summary>
    public IModelLimits? Model { get; init; }

    /// <summary>The service that the files are uploaded to, whose rules are checked too; null for none.</summary>
    public ProviderTarget? Target { get; init; }

    /// <summary>Only the rules on text, shape, order and tools (MTT0–MTT3).</summary>
    public bool CoreOnly { get; init; }

    /// <summary>Both sides of a preference are looked at where no side is chosen; otherwise such a row is no conversation.</summary>
    public bool Pairs { get; init; } = true;

    /// <summary>Repairs what is safe before a row is judged.</summary>
    public bool Fix { get; init; }

    /// <summary>Gets every row that has no error, repaired where <see cref="Fix"/> is set, without a line end.</summary>
    public Action<ReadOnlyMemory<byte>>? Accept { get; init; }

    /// <summary>Opens an input by its name; null opens files.</summary>
    internal Func<string, IRecordSource>? Opener { get; init; }

    /// <summary>Gets every row that has no error, with its canonical tokens.</summary>
    internal Action<Row>? AcceptRow { get; init; }

    /// <summary>Gets every row that has an error, with what was found in it.</summary>
    public Action<ReadOnlyMemory<byte>, long, IReadOnlyList<Finding>>? Reject { get; init; }

    /// <summary>How rows of other formats are converted before the rules see them.</summary>
    public ConversionOptions Conversion { get; init; } = ConversionOptions.Faithful;

    /// <summary>Told of a file that cannot be read to its end; the others are read all the same. Null throws.</summary>
    public Action<MttException>? Unreadable { get; init; }

    /// <summary>Told the format of every row and the reason, when set.</summary>
    public Action<string, long, string>? ExplainFormat { get; init; }
}

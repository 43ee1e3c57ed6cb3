namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>Choices of a preparation.</summary>
public sealed record PrepareOptions
{
    /// <summary>The folder to write to.</summary>
    public required string Output { get; init; }

    /// <summary>Which side of preference pairs is taken; null refuses them.</summary>
    public PreferenceSide? Preference { get; init; }

    /// <summary>A filter expression; rows for which it is false are left out.</summary>
    public string? Filter { get; init; }

    /// <summary>Whether equal conversations and beginnings of others are left out.</summary>
    public bool Deduplicate { get; init; } = true;

    /// <summary>Least similarity at which near duplicates are left out; null keeps them.</summary>
    public double? NearDuplicates { get; init; }

    /// <summary>Names and shares of the splits; empty writes one file <c>data</c>.</summary>
    public IReadOnlyList<(string Name, double Share)> Splits { get; init; } = [];

    /// <summary>Changes which rows fall into which split.</summary>
    public ulong SplitSeed { get; init; }

    /// <summary>
    /// How often the rows of each input are taken, in the inputs' order: 2 writes each twice, 0.5 half of them, chosen by a hash. Only the
    /// first part of a split is mixed, the others stay as they are. Empty takes every row once.
    /// </summary>
    public IReadOnlyList<double> Weights { get; init; } = [];

    /// <summary>The part of the input that is written: all shards together are the unsharded run.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Whether to write Parquet instead of JSON lines.</summary>
    public bool Parquet { get; init; }

    /// <summary>The name of the file that holds a split, or this shard's part of it.</summary>
    public string FileName(string split) => $"{split}{Shard.Suffix}{(Parquet ? ".parquet" : ".jsonl")}";

    /// <summary>What the caller does to rows before they are written, such as a context policy's fingerprint; null for nothing.</summary>
    public string? Policy { get; init; }

    /// <summary>Names of fields whose values are redacted, with addresses, numbers and keys in all texts; null redacts nothing.</summary>
    public IReadOnlyList<string>? RedactFields { get; init; }

    /// <summary>Whether existing outputs are replaced.</summary>
    public bool Force { get; init; }
}

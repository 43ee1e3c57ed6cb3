// Folder Settings: the sections of mtt.yaml that only mtt run reads.
// Refuses to know: how a file is read, what is done with it.

namespace MultiTurnTrainer.Runs.Settings;

/// <summary>The <c>data:</c> section of <c>mtt.yaml</c>: what <c>mtt run</c> prepares, trains on and holds out. Paths are from the current folder.</summary>
public sealed record DataSettings
{
    /// <summary>What is trained on: conversations in any format; sharded tasks for maigo and ccopd, pairs for dpo, simpo, orpo and kto.</summary>
    public IReadOnlyList<string> Train { get; init; } = [];

    /// <summary>Mixing weights, one number a file of <see cref="Train"/>: how often each of its rows is taken; of 0.5 half of them, chosen by a hash. Empty takes every row once.</summary>
    public IReadOnlyList<double> Weights { get; init; } = [];

    /// <summary>What the losses of held-out conversations are measured on.</summary>
    public IReadOnlyList<string> Eval { get; init; } = [];

    /// <summary>Share of the conversations of <see cref="Train"/> that are held out, where <see cref="Eval"/> names no file.</summary>
    [Range(0.0, 0.9)]
    public double EvalShare { get; init; }

    /// <summary>Keeps the rows to train on for which this holds, as <c>mtt prepare --filter</c> has it.</summary>
    public string? Filter { get; init; }

    /// <summary>Leaves out rows at least so similar to an earlier one; null keeps them.</summary>
    [Range(0.3, 1.0)]
    public double? NearDuplicates { get; init; }

    /// <summary>Whether equal conversations and beginnings of others stay.</summary>
    public bool KeepDuplicates { get; init; }

    /// <summary>Changes which rows are held out, and which of a file with a fractional weight are taken.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; }
}

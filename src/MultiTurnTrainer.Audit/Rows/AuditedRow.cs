namespace MultiTurnTrainer.Audit.Rows;

/// <summary>A row as a trainer trains on it, whatever it is worth.</summary>
/// <param name="Id">The conversation's id, where the row has one.</param>
/// <param name="InputIds">Token ids.</param>
/// <param name="Labels">
/// As long as <paramref name="InputIds"/>: −100 where nothing is supervised, else what is supervised there, which some trainers let
/// differ from the token itself; not shifted.
/// </param>
/// <param name="Weights">The loss weight of each token; null where every label counts 1.</param>
internal sealed record AuditedRow(string? Id, int[] InputIds, int[] Labels, float[]? Weights = null)
{
    /// <summary>The label of a token that is not supervised.</summary>
    public const int Ignored = -100;

    /// <summary>Where the row stands, such as <c>rows.parquet:12</c>; empty for one that was reproduced.</summary>
    public string Place { get; init; } = "";

    /// <summary>Whether a token is supervised.</summary>
    public bool IsSupervised(int token) => Labels[token] != Ignored;
}

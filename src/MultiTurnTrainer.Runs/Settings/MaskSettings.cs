namespace MultiTurnTrainer.Runs.Settings;

/// <summary>How token rows are written.</summary>
public enum RowFileFormat
{
    /// <summary>Parquet.</summary>
    Parquet,

    /// <summary>JSON lines.</summary>
    Jsonl,
}

/// <summary>The <c>mask:</c> section of <c>mtt.yaml</c>: what the step mask of <c>mtt run</c> writes. How rows are made is the section <c>rows</c>.</summary>
public sealed record MaskSettings
{
    /// <summary>The file of token rows.</summary>
    public RowFileFormat Format { get; init; }

    /// <summary>Rows shown with their masks on a page beside the rows; 0 writes none.</summary>
    [Range(0, 10_000)]
    public int HtmlRows { get; init; }
}

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>How token rows are stored.</summary>
public enum TokenRowFormat
{
    /// <summary>Parquet: <c>id</c>, <c>input_ids</c>, <c>labels</c>, and <c>loss_weights</c> where a row has them.</summary>
    Parquet,

    /// <summary>One JSON object per line with the same keys.</summary>
    Jsonl,
}

/// <summary>Chooses a format by a path's extension.</summary>
internal static class TokenRowFormats
{
    public static TokenRowFormat FromPath(string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".parquet" => TokenRowFormat.Parquet,
            ".jsonl" => TokenRowFormat.Jsonl,
            _ when Directory.Exists(path) => throw new MttException(
                $"{path}: is a folder, a file is needed",
                $"Name a file in it, such as {Path.Combine(path, "rows.parquet")}."
            ),
            _ => throw new MttException(
                $"{path}: token rows are kept in .parquet or .jsonl files",
                "Give the file one of these extensions."
            ),
        };
}

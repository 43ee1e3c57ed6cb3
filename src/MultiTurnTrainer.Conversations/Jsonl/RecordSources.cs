namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Opens inputs by what they are.</summary>
internal static class RecordSources
{
    /// <summary>Opens a path as a stream of rows.</summary>
    public static IRecordSource Open(string path, int maxRowBytes)
    {
        if (RowContainers.Find(path) is { } container)
        {
            return new ContainerRecordSource(path, container);
        }

        Stream stream = InputStream.Open(path);
        if (Separator(path) is { } separator)
        {
            return new CsvRecordSource(stream, path, separator, maxRowBytes);
        }

        return new JsonRecordSource(stream, path == "-" ? "(stdin)" : path, maxRowBytes);
    }

    private static char? Separator(string path)
    {
        string name = path;
        foreach (string packed in new[] { ".gz", ".zst" })
        {
            name = name.EndsWith(packed, StringComparison.OrdinalIgnoreCase) ? name[..^packed.Length] : name;
        }

        return name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? ','
            : name.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t'
            : null;
    }
}

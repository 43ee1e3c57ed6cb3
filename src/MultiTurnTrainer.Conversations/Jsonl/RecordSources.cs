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
        return new JsonRecordSource(stream, path == "-" ? "(stdin)" : path, maxRowBytes);
    }
}

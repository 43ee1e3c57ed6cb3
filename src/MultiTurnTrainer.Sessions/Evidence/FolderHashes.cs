namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>What a model or an adapter is, by the bytes of its files.</summary>
public static class FolderHashes
{
    /// <summary>SHA-256 by name of the files of a folder, or of one file.</summary>
    public static JsonFields Of(string path)
    {
        JsonFields hashes = [];
        IEnumerable<string> files = File.Exists(path) ? [path] : Directory.EnumerateFiles(path);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            hashes[Path.GetFileName(file)] = ContentHash.OfFile(file);
        }

        return hashes;
    }
}

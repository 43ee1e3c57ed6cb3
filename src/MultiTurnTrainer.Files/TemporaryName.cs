namespace MultiTurnTrainer.Files;

/// <summary>Names of files and folders that are not finished: <c>NAME.tmp-</c> and 16 digits that nobody can foresee.</summary>
public static class TemporaryName
{
    private const string Mark = ".tmp-";
    private const int Bytes = 8;

    /// <summary>A new name beside the final one.</summary>
    public static string For(string path)
    {
        OpenSsl.Require();
        return $"{path}{Mark}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes))}";
    }

    /// <summary>Removes what runs that were killed left of an output. Only for who holds its <see cref="OutputLock"/>.</summary>
    public static void RemoveLeftovers(string path)
    {
        string full = Path.GetFullPath(path);
        string prefix = Path.GetFileName(full) + Mark;
        foreach (string found in Directory.GetFileSystemEntries(Path.GetDirectoryName(full)!).Where(IsLeftover))
        {
            if (PosixFile.Status(found, follow: false) is { IsFolder: true })
            {
                Directory.Delete(found, recursive: true);
            }
            else
            {
                File.Delete(found);
            }
        }

        bool IsLeftover(string found)
        {
            string name = Path.GetFileName(found);
            return name.StartsWith(prefix, StringComparison.Ordinal)
                && name.Length == prefix.Length + (2 * Bytes)
                && name.AsSpan(prefix.Length).ContainsAnyExcept("0123456789abcdef") is false;
        }
    }
}

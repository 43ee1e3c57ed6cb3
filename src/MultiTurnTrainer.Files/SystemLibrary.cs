namespace MultiTurnTrainer.Files;

/// <summary>
/// Loads libraries of the system by their absolute path. The loader's own search takes an empty entry of
/// <c>LD_LIBRARY_PATH</c> for the current folder; here such an entry counts for nothing.
/// </summary>
public static class SystemLibrary
{
    private const string Variable = "LD_LIBRARY_PATH";

    private static readonly string[] _folders = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

    /// <summary>The files of that name, in the order in which they are tried.</summary>
    public static IEnumerable<string> Candidates(string name) =>
        SearchPath
            .Folders(Variable)
            .Concat(Configured("/etc/ld.so.conf"))
            .Concat(_folders)
            .Select(folder => Path.Combine(folder, name))
            .Where(File.Exists);

    /// <summary>Loads the first that this process can use.</summary>
    public static bool TryLoad(string name, out nint handle)
    {
        foreach (string path in Candidates(name))
        {
            if (NativeLibrary.TryLoad(path, out handle))
            {
                return true;
            }
        }

        // Systems that keep their libraries elsewhere; the loader knows where.
        handle = 0;
        return !SearchPath.HasOthers(Variable) && NativeLibrary.TryLoad(name, out handle);
    }

    // The folders that /etc/ld.so.conf names, as ldconfig reads it.
    private static IEnumerable<string> Configured(string file)
    {
        foreach (string line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            string entry = line.Split('#')[0].Trim();
            if (entry.StartsWith("include ", StringComparison.Ordinal))
            {
                string pattern = Path.GetFullPath(entry[8..].Trim(), "/etc");
                string folder = Path.GetDirectoryName(pattern)!;
                foreach (string included in Directory.Exists(folder) ? Matching(folder, pattern) : [])
                {
                    foreach (string configured in Configured(included))
                    {
                        yield return configured;
                    }
                }
            }
            else if (Path.IsPathFullyQualified(entry))
            {
                yield return entry;
            }
        }
    }

    private static IEnumerable<string> Matching(string folder, string pattern) =>
        Directory.GetFiles(folder, Path.GetFileName(pattern)).Order(StringComparer.Ordinal);
}

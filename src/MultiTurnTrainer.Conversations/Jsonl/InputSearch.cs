namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>The files behind what a user names: a file, a folder, or a pattern such as <c>data/**/*.jsonl</c>.</summary>
public static class InputSearch
{
    private static readonly string[] _extensions = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"];
    private static readonly string[] _packed = [".gz", ".zst"];

    /// <summary>The files, in the order of the names; those of one folder or pattern by their path, and none twice.</summary>
    /// <param name="names">Files, folders, patterns, or <c>-</c>.</param>
    /// <param name="exclude">Patterns of paths that folders and patterns leave out.</param>
    /// <exception cref="MttException">A folder or pattern matches no file, or a folder holds Arrow files, whose rows would be missing.</exception>
    public static List<string> Find(IEnumerable<string> names, IReadOnlyList<string> exclude)
    {
        List<string> files = [];
        HashSet<string> known = [];
        foreach (string name in names)
        {
            IEnumerable<string>? found =
                Directory.Exists(name) ? InFolder(name, exclude)
                : Glob.IsPattern(name) && !File.Exists(name) ? Matching(name, exclude)
                : null;
            if (found is null)
            {
                known.Add(Path.GetFullPath(name));
                files.Add(name);
            }
            else
            {
                files.AddRange(found.Where(path => known.Add(Path.GetFullPath(path))));
            }
        }

        return files;
    }

    private static List<string> InFolder(string folder, IReadOnlyList<string> exclude)
    {
        List<string> files = Below(
            folder,
            int.MaxValue,
            path => (HoldsRows(path) || IsArrow(path)) && !IsExcluded(path, exclude)
        );
        if (files.Find(IsArrow) is { } arrow)
        {
            string of = Path.GetDirectoryName(arrow) is { Length: > 0 } inner ? inner : folder;
            throw new MttException($"{of}: is a folder of Arrow files, which are not read", InputFile.ArrowHint(of));
        }

        return files.Count > 0
            ? files
            : throw new MttException(
                $"{folder}: is a folder without files of rows",
                $"Files of rows end in {string.Join(", ", _extensions)}, packed ones in {string.Join(" or ", _packed)} after that."
            );
    }

    private static List<string> Matching(string pattern, IReadOnlyList<string> exclude)
    {
        string[] parts = pattern.Split('/');
        int plain = Array.FindIndex(parts, Glob.IsPattern);
        string root =
            plain == 0 ? "."
            : string.Join('/', parts[..plain]) is { Length: > 0 } some ? some
            : "/";
        int depth = pattern.Contains("**", StringComparison.Ordinal) ? int.MaxValue : parts.Length - plain - 1;
        List<string> files = Directory.Exists(root)
            ? Below(root, depth, path => Glob.Matches(Plain(pattern), Plain(path)) && !IsExcluded(path, exclude))
            : [];
        return files.Count > 0
            ? files
            : throw new MttException(
                $"{pattern}: no file has such a name",
                "Check the pattern: * and ? stay inside a folder, ** crosses folders."
            );
    }

    private static List<string> Below(string folder, int depth, Func<string, bool> wanted)
    {
        string prefix = folder == "." ? "" : $"{folder.TrimEnd('/')}/";
        FileSystemEnumerable<string> found = new(
            folder,
            (ref entry) => prefix + Path.GetRelativePath(folder, entry.ToFullPath()),
            new EnumerationOptions
            {
                RecurseSubdirectories = true,
                // A folder that may not be read is said, not left out.
                IgnoreInaccessible = false,
                MaxRecursionDepth = depth,
                AttributesToSkip = FileAttributes.None,
            }
        )
        {
            // Hidden folders hold no data, and a link to a folder may lead back.
            ShouldRecursePredicate = (ref entry) =>
                !entry.FileName.StartsWith(".") && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && !entry.FileName.StartsWith("."),
        };
        return [.. found.Where(wanted).Order(StringComparer.Ordinal)];
    }

    private static bool HoldsRows(string path)
    {
        string name = path;
        foreach (string packed in _packed)
        {
            name = name.EndsWith(packed, StringComparison.OrdinalIgnoreCase) ? name[..^packed.Length] : name;
        }

        return Array.Exists(_extensions, end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            && !name.EndsWith(".manifest.json", StringComparison.Ordinal);
    }

    private static bool IsArrow(string path) => path.EndsWith(".arrow", StringComparison.OrdinalIgnoreCase);

    private static bool IsExcluded(string path, IReadOnlyList<string> patterns) =>
        patterns.Any(pattern => IsOf(pattern, path));

    /// <summary>Whether a pattern matches a path; one without a slash matches the file's name alone.</summary>
    public static bool IsOf(string pattern, string path) =>
        Glob.Matches(
            Plain(pattern),
            pattern.Contains('/', StringComparison.Ordinal) ? Plain(path) : Path.GetFileName(path)
        );

    private static string Plain(string path) => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
}

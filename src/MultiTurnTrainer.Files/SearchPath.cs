namespace MultiTurnTrainer.Files;

/// <summary>
/// The folders of <c>PATH</c> and its like. An empty or relative entry means wherever the user stands, and what lies there
/// may be anybody's: it is left out, as is what leads there through <c>/proc</c>.
/// </summary>
public static class SearchPath
{
    /// <summary>The entries of a variable that mean the same folder wherever the user stands.</summary>
    public static IReadOnlyList<string> Folders(string variable) => [.. Entries(variable).Where(IsFixed)];

    /// <summary>Whether a variable has entries that are left out.</summary>
    public static bool HasOthers(string variable) => !Entries(variable).All(IsFixed);

    /// <summary>Refuses a path in a variable that would lead elsewhere from another folder.</summary>
    /// <exception cref="MttException">It is relative.</exception>
    public static void RequireFixed(string variable, string path)
    {
        if (!IsFixed(path))
        {
            throw new MttException(
                $"{variable}={path}: is a relative path, and what it leads to would be run or loaded",
                "Give an absolute path, one that means the same in every folder."
            );
        }
    }

    private static bool IsFixed(string entry)
    {
        string at = "/";
        foreach (string part in entry.Split('/'))
        {
            at = part switch
            {
                "" or "." => at,
                ".." => Path.GetDirectoryName(at) ?? "/",
                _ => Path.Combine(at, part),
            };
            if (at is "/proc" or "/dev/fd")
            {
                return false;
            }
        }

        return Path.IsPathFullyQualified(entry);
    }

    private static string[] Entries(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text.Split(Path.PathSeparator) : [];
}

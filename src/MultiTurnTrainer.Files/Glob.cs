namespace MultiTurnTrainer.Files;

/// <summary>
/// Patterns of paths: <c>*</c> and <c>?</c> stay inside a folder, <c>**</c> crosses folders. The work is at most pattern times path,
/// so a pattern may come from anyone.
/// </summary>
public static class Glob
{
    private const int MostCharacters = 4096;

    /// <summary>Whether a name holds a character that makes it a pattern.</summary>
    public static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether a pattern matches a path.</summary>
    /// <param name="pattern">The pattern; <c>./</c> before it is nothing.</param>
    /// <param name="path">A path with slashes.</param>
    public static bool Matches(string pattern, string path)
    {
        ReadOnlySpan<char> rest = pattern.StartsWith("./", StringComparison.Ordinal) ? pattern.AsSpan(2) : pattern;
        if (rest.Length > MostCharacters)
        {
            return false;
        }

        // Which beginnings of the path the pattern read so far matches.
        bool[] reached = new bool[path.Length + 1];
        reached[0] = true;
        while (!rest.IsEmpty)
        {
            bool deep = rest.StartsWith("**");
            bool folders = deep && rest.StartsWith("**/");
            switch (rest[0])
            {
                case '*':
                    Spread(reached, path, deep, folders);
                    break;
                case var c:
                    Step(reached, path, c);
                    break;
            }

            rest = rest[
                (
                    folders ? 3
                    : deep ? 2
                    : 1
                )..
            ];
        }

        return reached[^1];
    }

    // Any characters more: of one folder, of all, or whole folders with their slash.
    private static void Spread(bool[] reached, string path, bool deep, bool folders)
    {
        bool open = false;
        for (int i = 0; i <= path.Length; i++)
        {
            if (i > 0 && path[i - 1] == '/' && !deep)
            {
                open = false;
            }

            bool was = reached[i];
            reached[i] = was || (open && (!folders || path[i - 1] == '/'));
            open |= was;
        }
    }

    private static void Step(bool[] reached, string path, char wanted)
    {
        for (int i = path.Length; i > 0; i--)
        {
            char at = path[i - 1];
            reached[i] = reached[i - 1] && (wanted == '?' ? at != '/' : at == wanted);
        }

        reached[0] = false;
    }
}

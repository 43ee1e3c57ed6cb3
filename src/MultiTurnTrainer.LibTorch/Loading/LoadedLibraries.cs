namespace MultiTurnTrainer.LibTorch.Loading;

/// <summary>
/// The pages of libraries, native and .NET's, that count as this process's memory only because loading or starting has read them:
/// libtorch's loader binds symbols in tables that nothing needs again, and most of .NET's code runs once.
/// </summary>
public static unsafe partial class LoadedLibraries
{
    private const int NotNeeded = 4; // MADV_DONTNEED

    /// <summary>The library files that are mapped now; none where the system does not tell.</summary>
    internal static HashSet<string> List() => [.. Mappings().Select(mapping => mapping.File)];

    /// <summary>Lets go of the pages of all libraries, as a command does once its model is in memory.</summary>
    public static void Release() => Release(new HashSet<string>());

    /// <summary>
    /// Lets go of the pages of libraries that were loaded since. Whatever is needed after all comes back from the system's file cache.
    /// Only mappings that cannot be written and hold nothing of the process's own are touched: those that the loader has bound keep
    /// what it wrote.
    /// </summary>
    /// <param name="before">What <see cref="List"/> gave before.</param>
    internal static void Release(IReadOnlySet<string> before)
    {
        foreach (Mapping mapping in Mappings())
        {
            if (mapping.OnlyRead && mapping.OwnBytes == 0 && !before.Contains(mapping.File))
            {
                _ = Advise((void*)mapping.Start, (nuint)(mapping.End - mapping.Start), NotNeeded);
            }
        }
    }

    private static IEnumerable<Mapping> Mappings()
    {
        const string list = "/proc/self/smaps";
        if (!OperatingSystem.IsLinux() || !File.Exists(list))
        {
            yield break;
        }

        const string anonymous = "Anonymous:";
        const string swapped = "Swap:";

        // A line with addresses, rights, offset, device, inode and file begins a mapping; "name: figure" lines follow.
        Mapping? current = null;
        foreach (string line in File.ReadLines(list))
        {
            if (!char.IsAsciiLetterUpper(line[0]))
            {
                current = IsLibrary(line) ? Begin(Words(line)) : null;
            }
            else if (
                current is not null
                && (
                    line.StartsWith(anonymous, StringComparison.Ordinal)
                    || line.StartsWith(swapped, StringComparison.Ordinal)
                )
            )
            {
                // What the loader has bound may be swapped out already: it is the process's own all the same.
                long own = 1024 * long.Parse(Words(line)[1], CultureInfo.InvariantCulture);
                current = current with { OwnBytes = current.OwnBytes + own };
                if (line.StartsWith(swapped, StringComparison.Ordinal))
                {
                    yield return current;
                }
            }
        }
    }

    // Few lines are taken apart: there are tens of thousands.
    private static string[] Words(string line) => line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsLibrary(string file) =>
        file.Contains(".so", StringComparison.Ordinal) || file.EndsWith(".dll", StringComparison.Ordinal);

    private static Mapping Begin(string[] words)
    {
        long[] ends =
        [
            .. words[0]
                .Split('-')
                .Select(word => long.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
        ];
        return new Mapping(ends[0], ends[1], words[1][1] != 'w', words[5], 0);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);

    private sealed record Mapping(long Start, long End, bool OnlyRead, string File, long OwnBytes);
}

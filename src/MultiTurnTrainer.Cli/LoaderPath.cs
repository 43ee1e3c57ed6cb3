namespace MultiTurnTrainer.Cli;

/// <summary>
/// Keeps the system's loader out of the current folder, which an empty or relative entry of <c>LD_LIBRARY_PATH</c> means to
/// it: libtorch brings libraries that nobody but the loader looks for. It reads the variable when a process begins, so the
/// process begins again without such entries.
/// </summary>
internal static unsafe partial class LoaderPath
{
    private const string Variable = "LD_LIBRARY_PATH";

    /// <summary>Starts this process anew where the variable has such entries.</summary>
    public static void Clean()
    {
        if (!OperatingSystem.IsLinux() || !SearchPath.HasOthers(Variable))
        {
            return;
        }

        _ = SetEnvironment(Variable, string.Join(Path.PathSeparator, SearchPath.Folders(Variable)), 1);
        // The arguments as bytes: they need not be UTF-8. Each ends with a zero.
        byte[] line = File.ReadAllBytes("/proc/self/cmdline");
        fixed (byte* text = line)
        {
            List<nint> arguments = [(nint)text];
            for (int i = 1; i < line.Length; i++)
            {
                if (line[i - 1] == 0)
                {
                    arguments.Add((nint)(text + i));
                }
            }

            // Returns only where it fails.
            _ = Execute("/proc/self/exe", [.. arguments, 0]);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string program, nint[] arguments);
}

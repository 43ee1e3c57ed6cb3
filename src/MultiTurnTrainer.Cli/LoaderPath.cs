namespace MultiTurnTrainer.Cli;

/// <summary>
/// Keeps the system's loader out of the current folder, which an empty or relative entry of <c>LD_LIBRARY_PATH</c> means to
/// it: libtorch brings libraries that nobody but the loader looks for. It reads the variable when a process begins, so the
/// process begins again without such entries.
/// </summary>
internal static partial class LoaderPath
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
        ProcessImage.Replace("/proc/self/exe");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

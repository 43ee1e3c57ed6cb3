namespace MultiTurnTrainer.Cli;

/// <summary>
/// Ends the process at once. Environment.Exit lets native libraries tidy up, and they may wait for threads that never
/// end: OpenBLAS' workers try for ever to get the memory they are refused, or are in the middle of a long product.
/// </summary>
internal static class ProcessEnd
{
    /// <summary>Ends it; what was written to the console is flushed.</summary>
    public static void Now(int code)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        if (!OperatingSystem.IsWindows())
        {
            ExitWithoutHandlers(code);
        }

        Environment.Exit(code);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern void ExitWithoutHandlers(int code);
}

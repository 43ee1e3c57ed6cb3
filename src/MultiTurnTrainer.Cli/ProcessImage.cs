namespace MultiTurnTrainer.Cli;

/// <summary>Another program in place of this one: the same process, arguments and environment.</summary>
internal static unsafe partial class ProcessImage
{
    /// <summary>Runs a program from its beginning in this process.</summary>
    /// <returns>Only where that fails.</returns>
    public static void Replace(string program)
    {
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

            _ = Execute(program, [.. arguments, 0]);
        }
    }

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string program, nint[] arguments);
}

namespace MultiTurnTrainer.Cli;

/// <summary>
/// What the executable compiled to machine code hands its command lines to. It starts in a fraction of the time, but cannot make code
/// while it runs, as most commands ask of .NET: it does itself what is run often and ends soon, and the rest is the whole program's, which
/// is attached to it where mtt is installed, and lies beside it in a checkout.
/// </summary>
internal static class WholeProgram
{
    private static readonly string[] _own = ["validate", "explain", "completion", "help", "--help", "-h"];

    /// <summary>Goes on as the whole program, unless this is it or the command line is the machine code's own.</summary>
    /// <returns>Only where this program is to do it.</returns>
    /// <exception cref="MttException">The whole program cannot be unpacked or run.</exception>
    public static void TakeOver(string[] args)
    {
        if (!RuntimeFeature.IsDynamicCodeSupported && !IsOfMachineCode(args) && Find() is { } program)
        {
            ProcessImage.Replace(program);
            throw new MttException(
                $"{program}: cannot be run",
                "Its file system may allow no programs (noexec): set MTT_CACHE to a folder on another."
            );
        }
    }

    /// <summary>Whether machine code does it all: nothing is fetched, no model is run.</summary>
    public static bool IsOfMachineCode(string[] args) =>
        args is []
        || args[0].StartsWith("[suggest", StringComparison.Ordinal)
        || (_own.Contains(args[0]) && !args.Skip(1).Any(MayBeOnTheHub));

    /// <summary>Loads a native library that lies beside the whole program; elsewhere .NET finds it itself.</summary>
    public static void LoadLibrary(string file)
    {
        if (AttachedProgram.Find() is { } attached)
        {
            NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(attached.Unpack())!, file));
        }
    }

    // hf://datasets/… or ORG/NAME; a path is there, is about to be written, or is a pattern.
    private static bool MayBeOnTheHub(string word)
    {
        string value = word.StartsWith("--", StringComparison.Ordinal) ? word[(word.IndexOf('=') + 1)..] : word;
        return value.Contains('/') && !Path.Exists(value) && !Glob.IsPattern(value);
    }

    private static string? Find()
    {
        if (AttachedProgram.Find() is { } attached)
        {
            return attached.Unpack();
        }

        string beside = Path.Combine(AppContext.BaseDirectory, "mtt");
        return File.Exists(beside) && beside != Environment.ProcessPath ? beside : null;
    }
}

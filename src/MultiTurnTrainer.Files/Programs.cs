namespace MultiTurnTrainer.Files;

/// <summary>What a program that has ended said.</summary>
public sealed record ProgramResult(int Code, string Output, string Errors);

/// <summary>Finds programs and starts them so that neither the current folder nor the caller's environment has a say.</summary>
public static class Programs
{
    /// <summary>The absolute path of a program in <c>PATH</c>, or null.</summary>
    public static string? Find(string name) => Find(name, "PATH");

    /// <summary>The absolute path of a program in the folders of another variable, or null.</summary>
    internal static string? Find(string name, string variable) =>
        SearchPath.Folders(variable).Select(folder => Path.Combine(folder, name)).FirstOrDefault(IsProgram);

    /// <summary>The program that a variable names, by its absolute path or its name in <c>PATH</c>; without the variable, another's.</summary>
    /// <param name="variable">Such as <c>CXX</c>.</param>
    /// <param name="otherwise">The name in <c>PATH</c> without it.</param>
    /// <returns>The absolute path, or null where there is none.</returns>
    /// <exception cref="MttException">The variable holds a relative path.</exception>
    public static string? FindNamed(string variable, string otherwise)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } named)
        {
            return Find(otherwise);
        }

        if (!named.Contains('/', StringComparison.Ordinal))
        {
            return Find(named);
        }

        SearchPath.RequireFixed(variable, named);
        return IsProgram(named) ? named : null;
    }

    /// <summary>Runs a program to its end, in <c>/</c>, with the few variables that compilers and Python need.</summary>
    /// <param name="program">Its absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="temporary">Where it may put temporary files; <c>/tmp</c> when null.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It does not start.</exception>
    public static ProgramResult Run(string program, IEnumerable<string> arguments, string? temporary = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = string.Join(Path.PathSeparator, SearchPath.Folders("PATH"));
        start.Environment["HOME"] = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        start.Environment["LC_ALL"] = "C";
        start.Environment["TMPDIR"] = temporary ?? "/tmp";
        if (SearchPath.Folders("LD_LIBRARY_PATH") is { Count: > 0 } libraries)
        {
            // Compilers and interpreters of environment modules have their own libraries there.
            start.Environment["LD_LIBRARY_PATH"] = string.Join(Path.PathSeparator, libraries);
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProgramResult(process.ExitCode, output, errors.Result);
    }

    private static bool IsProgram(string path) =>
        PosixFile.Status(path, follow: true) is { IsPlain: true, IsExecutable: true };
}

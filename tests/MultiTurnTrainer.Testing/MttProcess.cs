using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MultiTurnTrainer.Testing;

/// <summary>What a finished <c>mtt</c> process said.</summary>
public sealed record MttResult(int ExitCode, string Out, string Error);

/// <summary>Runs the built <c>mtt</c>, as a user would, in a folder of its own.</summary>
public static class MttProcess
{
    /// <summary>Runs to the end; fails the test after <paramref name="seconds"/>.</summary>
    public static MttResult Run(
        string folder,
        string[] args,
        string? input = null,
        int seconds = 120,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        using Process process = Start(folder, environment ?? new Dictionary<string, string>(), args);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input ?? "");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading it.
        }

        if (!process.WaitForExit(seconds * 1000))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"mtt {string.Join(' ', args)} ran longer than {seconds} s");
        }

        return new MttResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs with files limited to some kilobytes, as on a disk that fills up: a write beyond fails with EFBIG.</summary>
    public static MttResult RunWithFileLimit(string folder, int kilobytes, string[] args)
    {
        // The runtime maps its own code through a file; without that the limit is only on what the program writes.
        return RunWithLimit(
            folder,
            $"trap '' XFSZ; ulimit -f {kilobytes}; export DOTNET_EnableWriteXorExecute=0",
            args
        );
    }

    /// <summary>Runs with the process' own memory limited: what is allocated beyond that fails with ENOMEM.</summary>
    public static MttResult RunWithMemoryLimit(string folder, int megabytes, string[] args) =>
        RunWithLimit(folder, $"ulimit -d {megabytes * 1024}", args);

    private static MttResult RunWithLimit(string folder, string limit, string[] args)
    {
        ProcessStartInfo start = new("bash", ["-c", $"{limit}; exec \"$@\"", "bash", Repository.Mtt, .. args])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new MttResult(process.ExitCode, output.Result, error);
    }

    /// <summary>Starts a process, for tests that kill or signal it.</summary>
    public static Process Start(string folder, params string[] args) =>
        Start(folder, new Dictionary<string, string>(), args);

    private static Process Start(string folder, IReadOnlyDictionary<string, string> environment, string[] args) =>
        StartUnder([], folder, environment, args);

    /// <summary>Starts a process with variables of its own, under another program where one is named.</summary>
    public static Process StartUnder(
        string[] program,
        string folder,
        IReadOnlyDictionary<string, string> environment,
        string[] args
    )
    {
        // A suite that a shell runs in the background inherits an ignored SIGINT, and would pass it on.
        ProcessStartInfo start = new("env", ["--default-signal=INT", .. program, Repository.Mtt, .. args])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["NO_COLOR"] = "1";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="process">One of <see cref="Start"/>'s.</param>
    /// <param name="signal">INT, TERM, USR1, KILL or STOP.</param>
    public static async Task SignalAsync(Process process, string signal)
    {
        string id = process.Id.ToString(CultureInfo.InvariantCulture);
        using Process kill = Process.Start("kill", [$"-{signal}", id]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Sends a signal and waits for the process to end; fails the test where it does not within a minute.</summary>
    /// <param name="process">One of <see cref="Start"/>'s.</param>
    /// <param name="signal">INT or TERM.</param>
    public static async Task EndAsync(Process process, string signal)
    {
        await SignalAsync(process, signal);
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}

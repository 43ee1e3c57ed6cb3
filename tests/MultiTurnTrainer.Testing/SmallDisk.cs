using System.Diagnostics;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>Runs the built <c>mtt</c> with a folder that is a very small disk (a tmpfs in a mount namespace of its own).</summary>
public static class SmallDisk
{
    private static readonly Lazy<bool> _mounts = new(() => Unshared("true", []).ExitCode == 0);

    /// <summary>
    /// Runs with <c>FOLDER/disk</c> holding <paramref name="kilobytes"/>; the result's <see cref="MttResult.Out"/> ends
    /// with the files that are left on the disk, one path a line after a line <c>left:</c>.
    /// </summary>
    public static MttResult Run(TempFolder folder, int kilobytes, params string[] args)
    {
        if (!_mounts.Value)
        {
            Assert.Skip("needs the right to mount a tmpfs (unshare -rm)");
        }

        Directory.CreateDirectory(folder["disk"]);
        string script = $"""
            cd "$0" && mount -t tmpfs -o size={kilobytes}k tmpfs disk && "$@"; code=$?
            echo left: && find disk -type f && exit $code
            """;
        return Unshared(script, [folder.Path, Repository.Mtt, .. args]);
    }

    /// <summary>The files left on the disk.</summary>
    public static string[] Left(MttResult result) =>
        result
            .Out[(result.Out.LastIndexOf("left:\n", StringComparison.Ordinal) + 6)..]
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static MttResult Unshared(string script, string[] args)
    {
        ProcessStartInfo start = new("unshare", ["-rm", "sh", "-c", script, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NO_COLOR"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new MttResult(process.ExitCode, output, error.Result);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>The script from served sessions to an adapter as it is shipped, shortened.</summary>
public sealed class ServeToTrainTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ServeToTrain_OnTheTinyModel_ServesThePromptsThatItTrainsOn()
    {
        ProcessStartInfo start = new(
            "bash",
            [Path.Combine(Repository.Root, "scripts/experiments/serve-to-train.sh"), _folder["out"]]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MTT"] = Repository.Mtt;
        start.Environment["STEPS"] = "2";
        start.Environment["TURNS"] = "10";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == 0, error + output.Result);
        // Two sessions of ten turns, whose first turns have left the window; answers that were cut have no row.
        Match parity = Regex.Match(error, @"ids equal at (\d+)/\1 calls, \1 of them as a server had recorded them");
        Assert.True(parity.Success, error);
        Assert.InRange(int.Parse(parity.Groups[1].Value, CultureInfo.InvariantCulture), 8, 20);
        Assert.Contains("summarised", File.ReadAllLines(_folder["out/modes.txt"]));
        Assert.True(File.Exists(_folder["out/adapter/adapter_model.safetensors"]));
    }
}

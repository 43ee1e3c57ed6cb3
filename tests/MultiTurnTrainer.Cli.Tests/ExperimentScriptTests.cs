using System.Diagnostics;
using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>The lost-in-conversation experiment as it is shipped, shortened: it runs, what is made is kept, and the direction is right.</summary>
public sealed class ExperimentScriptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MaigoTiny_OneShortSeed_TheBaseIsLostInItsOwnReplies()
    {
        string first = Run();
        Assert.Contains("base-run", first, StringComparison.Ordinal);
        using JsonDocument table = JsonDocument.Parse(File.ReadAllBytes(_folder["out/table.json"]));
        double Mean(string method, string mode) =>
            table
                .RootElement.GetProperty("cells")
                .EnumerateArray()
                .Single(cell =>
                    cell.GetProperty("method").GetString() == method && cell.GetProperty("mode").GetString() == mode
                )
                .GetProperty("mean")
                .GetDouble();
        Assert.True(Mean("base", "full") > Mean("base", "sharded"));
        Assert.True(Mean("base", "cleaned") > Mean("base", "sharded"));
        Assert.Equal(4, table.RootElement.GetProperty("cells").EnumerateArray().Count(HasPairedDifference));
        Assert.True(File.Exists(_folder["out/table.md"]) && File.Exists(_folder["out/table.html"]));

        string again = Run();
        Assert.DoesNotContain("seed-1/", again, StringComparison.Ordinal);
    }

    [Fact]
    public void MaigoTiny_AStepThatFails_EndsItWithTheErrorOnScreen()
    {
        File.WriteAllText(_folder["out"], "no folder");
        (int code, string error) = Start("maigo");
        Assert.NotEqual(0, code);
        Assert.NotEmpty(error);
    }

    // Of the second method, against the first, in each of the three modes and in refine.
    private static bool HasPairedDifference(JsonElement cell) =>
        cell.GetProperty("method").GetString() == "maigo"
        && cell.GetProperty("difference_interval").GetProperty("low").GetDouble()
            <= cell.GetProperty("difference").GetDouble();

    private string Run()
    {
        (int code, string error) = Start("maigo");
        Assert.True(code == 0, error);
        return error;
    }

    private (int Code, string Error) Start(string methods)
    {
        ProcessStartInfo start = new(
            "bash",
            [Path.Combine(Repository.Root, "scripts/experiments/maigo-tiny.sh"), _folder["out"]]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MTT"] = Repository.Mtt;
        start.Environment["METHODS"] = methods;
        start.Environment["MODES"] = "full,sharded,cleaned";
        start.Environment["RUNS"] = "1";
        start.Environment["TASKS"] = "10";
        start.Environment["STEPS"] = "2";
        start.Environment["EPOCHS"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error + (process.ExitCode == 0 ? "" : output.Result));
    }
}

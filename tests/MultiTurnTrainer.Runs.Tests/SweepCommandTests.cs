using System.Diagnostics;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary><c>mtt train --sweep</c> and <c>mtt report</c> as processes.</summary>
public sealed class SweepCommandTests : IDisposable
{
    private const string Grid = "parameters: {train.learning_rate: [1e-3, 5e-3], lora.r: [2]}\nseeds: [1, 2]\n";

    private static readonly string[] _names =
    [
        "learning_rate=0.001,r=2,seed=1",
        "learning_rate=0.001,r=2,seed=2",
        "learning_rate=0.005,r=2,seed=1",
        "learning_rate=0.005,r=2,seed=2",
    ];

    private readonly RunWorld _world = new(rows: 8);

    private TempFolder Folder => _world.Folder;

    public SweepCommandTests() => Folder.Write("grid.yaml", Grid);

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Sweep_Grid_TrainsEachOnceAndItsTableHasMeansOverSeeds()
    {
        MttResult first = _world.Ok(Sweep("sweep"));
        Assert.Equal(_names, Runs("sweep"));
        Assert.Equal(2, first.Out.Split('\n').Count(line => line.Contains("1, 2", StringComparison.Ordinal)));
        Assert.Contains(" ± ", first.Out, StringComparison.Ordinal);
        MttResult again = _world.Ok(Sweep("sweep"));
        Assert.DoesNotContain("step 1/2", again.Error, StringComparison.Ordinal);

        // The same file gives the same bytes, in any folder.
        _world.Ok(Sweep("two"));
        Assert.Equal(_world.Bytes("sweep/sweep.json"), _world.Bytes("two/sweep.json"));
        Assert.All(_names, name => Assert.Equal(Adapter("sweep", name), Adapter("two", name)));

        // The two commands: the table of the sweep, and the same from its folder.
        MttResult report = _world.Ok("report", "sweep", "--format", "csv", "--output", "table.html");
        string[] lines = report.Out.TrimEnd().Split('\n');
        Assert.StartsWith(
            "run,train.learning_rate,seeds,eval_loss,eval_loss_interval,",
            lines[0],
            StringComparison.Ordinal
        );
        Assert.Equal(3, lines.Length);
        Assert.Equal(report.Out, File.ReadAllText(Folder["table.csv"]));
        double[] losses = [.. lines[1..].Select(line => double.Parse(Csv(line)[3]))];
        Assert.Equal(losses.Order(), losses);
        string page = File.ReadAllText(Folder["table.html"]);
        Assert.Contains("class=\"sortable\"", page, StringComparison.Ordinal);
        Assert.Contains("Content-Security-Policy", page, StringComparison.Ordinal);

        MttResult filtered = _world.Ok("report", "sweep", "--filter", "train.learning_rate>0.002", "--format", "csv");
        Assert.Equal(2, filtered.Out.TrimEnd().Split('\n').Length);
        MttResult wrong = MttProcess.Run(Folder.Path, ["report", "sweep", "--sort", "eval_los"]);
        Assert.Contains("Did you mean 'eval_loss'?", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_Killed_GoesOnWithWhatIsMissing()
    {
        Folder.Write("grid.yaml", "parameters: {train.learning_rate: [1e-3], lora.r: [2]}\nseeds: [1, 2]\n");
        string[] line = [.. Sweep("sweep"), "--set", "train.max_steps=40"];
        using (Process process = MttProcess.Start(Folder.Path, line))
        {
            _ = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            while (!Directory.Exists(Folder[$"sweep/{_names[1]}/checkpoints"]) && !process.HasExited)
            {
                await Task.Delay(20);
            }

            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        byte[] done = _world.Bytes($"sweep/{_names[0]}/metrics.jsonl");
        MttResult again = _world.Ok(line);
        Assert.Contains($"fresh      {_names[0]}", again.Error, StringComparison.Ordinal);
        // Its times would be others, had it been trained again.
        Assert.Equal(done, _world.Bytes($"sweep/{_names[0]}/metrics.jsonl"));
        Assert.Equal(_names[..2], Runs("sweep"));
        Assert.True(File.Exists(Folder["sweep/report.html"]));
    }

    [Fact]
    public void Sweep_InASlurmArray_TrainsOneRunATask()
    {
        Folder.Write("grid.yaml", "parameters: {train.learning_rate: [1e-3], lora.r: [2]}\nseeds: [1, 2]\n");
        for (int task = 0; task < 2; task++)
        {
            Dictionary<string, string> environment = new()
            {
                ["SLURM_ARRAY_TASK_ID"] = $"{task + 1}",
                ["SLURM_ARRAY_TASK_MIN"] = "1",
                ["SLURM_ARRAY_TASK_COUNT"] = "2",
            };
            MttResult result = MttProcess.Run(Folder.Path, Sweep("sweep"), environment: environment);
            Assert.True(result.ExitCode == 0, result.Error);
            Assert.Equal(_names[..(task + 1)], Runs("sweep"));
            Assert.Equal(task == 1, File.Exists(Folder["sweep/report.csv"]));
        }
    }

    [Fact]
    public void Sweep_Halving_TrainsTheBestForMoreSteps()
    {
        Folder.Write(
            "grid.yaml",
            "method: halving\nparameters: {train.learning_rate: [1e-5, 1e-3, 1e-2]}\nmin_steps: 2\nmax_steps: 4\nfactor: 3\nmetric: loss\n"
        );
        _world.Ok(Sweep("sweep"));
        string[] rung = [.. Runs("sweep").Where(name => name.EndsWith("max_steps=2", StringComparison.Ordinal))];
        Assert.Equal((3, 4), (rung.Length, Runs("sweep").Length));
        // Who goes on had the lowest loss among those of the rung before.
        string best = rung.MinBy(Loss)!;
        Assert.Contains(best.Replace("max_steps=2", "max_steps=4", StringComparison.Ordinal), Runs("sweep"));
    }

    [Theory]
    [InlineData("parameters: {train.learning_rat: [1]}", "--sweep: unknown key in train")]
    [InlineData("parameters: {train.learning_rate: [fast]}", "'fast' is not a number")]
    [InlineData("parameter: {lora.r: [1]}", "unknown key in sweep: 'parameter'")]
    [InlineData("method: grid", "the sweep varies nothing")]
    public void Sweep_AFileThatCannotBeMeant_IsRefusedAndWritesNothing(string file, string expected)
    {
        Folder.Write("grid.yaml", file);
        MttResult refused = MttProcess.Run(Folder.Path, Sweep("sweep"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(expected, refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder["sweep"]));
    }

    [Theory]
    [InlineData("nothing", "there is no such folder")]
    [InlineData("model", "holds no run")]
    [InlineData("chat.jsonl", "not the output of mtt evaluate")]
    public void Report_WhatIsNoRun_IsRefused(string path, string expected)
    {
        MttResult refused = MttProcess.Run(Folder.Path, ["report", path]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(expected, refused.Error, StringComparison.Ordinal);
    }

    private byte[] Adapter(string sweep, string name) => _world.Bytes($"{sweep}/{name}/adapter_model.safetensors");

    private static string[] Sweep(string output) =>
        [
            "train",
            "--model",
            "model",
            "--train",
            "chat.jsonl",
            "--eval",
            "chat.jsonl",
            "--output",
            output,
            "--sweep",
            "grid.yaml",
        ];

    private string[] Runs(string sweep) =>
        [
            .. Directory
                .EnumerateFiles(Folder[sweep], "adapter_model.safetensors", SearchOption.AllDirectories)
                .Where(path => !path.Contains("checkpoints", StringComparison.Ordinal))
                .Select(path => Path.GetFileName(Path.GetDirectoryName(path)!))
                .Order(StringComparer.Ordinal),
        ];

    private double Loss(string run) =>
        double.Parse(
            File.ReadLines(Folder[$"sweep/{run}/metrics.csv"]).Last().Split(',')[3],
            System.Globalization.CultureInfo.InvariantCulture
        );

    // Names of runs have commas, and so stand in quotes.
    private static string[] Csv(string line) =>
        [
            .. System
                .Text.RegularExpressions.Regex.Matches(line, "\"([^\"]*)\"|([^,]+)|(?<=,)(?=,)")
                .Select(m => m.Value),
        ];
}

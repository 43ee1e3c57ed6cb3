using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt train</c> as a process: killed, asked to stop, fed with what it must refuse.</summary>
public class TrainCommandTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "tests/MultiTurnTrainer.Models.Tests/Goldens/llama-linear-rope"
    );

    [Fact]
    public async Task Train_KilledAndResumed_GivesTheSameBytes()
    {
        using TempFolder folder = new();
        string[] arguments = Arguments(folder, steps: 400);
        MttResult whole = MttProcess.Run(folder.Path, [.. arguments, "--output", "whole"]);
        Assert.True(whole.ExitCode == 0, whole.Error);

        using (Process process = MttProcess.Start(folder.Path, [.. arguments, "--output", "killed"]))
        {
            await WaitForStep(process, folder["killed"], 60);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        Assert.False(File.Exists(folder["killed/adapter_model.safetensors"]));
        MttResult resumed = MttProcess.Run(folder.Path, [.. arguments, "--output", "killed", "--resume"]);

        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(
            File.ReadAllBytes(folder["whole/adapter_model.safetensors"]),
            File.ReadAllBytes(folder["killed/adapter_model.safetensors"])
        );
        Assert.Equal(Losses(folder["whole"]), Losses(folder["killed"]));
    }

    [Fact]
    public async Task Train_AskedToTerminate_SavesAndReturns3()
    {
        using TempFolder folder = new();
        string[] arguments = [.. Arguments(folder, steps: 100000), "--output", "out"];
        using Process process = MttProcess.Start(folder.Path, arguments);
        await WaitForStep(process, folder["out"], 10);
        await MttProcess.EndAsync(process, "TERM");

        Assert.Equal(3, process.ExitCode);
        Assert.Contains("--resume", await process.StandardError.ReadToEndAsync());
        Assert.NotEmpty(Directory.GetDirectories(folder["out/checkpoints"], "step-????????"));
    }

    [Theory]
    [InlineData(380, 50, "step-00000025")]
    [InlineData(350, 5, "step-00000005")]
    public void Train_DiskFillsUp_KeepsWhatWasSaved(int kilobytes, int steps, string saved)
    {
        using TempFolder folder = new();

        MttResult result = SmallDisk.Run(folder, kilobytes, [.. Arguments(folder, steps), "--output", "disk/out"]);

        Assert.True(result.ExitCode == 2, result.Error);
        Assert.Contains("the disk is full", result.Error);
        Assert.Contains("--resume", result.Error);
        string[] left = SmallDisk.Left(result);
        Assert.Equal(
            6,
            left.Count(path => path.StartsWith($"disk/out/checkpoints/{saved}/", StringComparison.Ordinal))
        );
        Assert.DoesNotContain(left, path => path.Contains("tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_SettingsWithoutEffect_AreNamed()
    {
        using TempFolder folder = new();

        MttResult result = MttProcess.Run(
            folder.Path,
            [
                .. Arguments(folder, steps: 1),
                "--output",
                "out",
                "--base-id",
                "org/base",
                "--set",
                "train.early_stopping_patience=3",
            ]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(
            "note: train.early_stopping_patience has no effect in this run: it needs --eval or --eval-tasks",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("note: train.eval", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            "\"base_model_name_or_path\": \"org/base\"",
            File.ReadAllText(folder["out/adapter_config.json"]),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Train_WeightsThatOverflow_StopsWith3AndNamesStepRowsAndGradients()
    {
        using TempFolder folder = new();
        folder.Write("model/config.json", File.ReadAllText(Path.Combine(_model, "config.json")));
        byte[] weights = File.ReadAllBytes(Path.Combine(_model, "model.safetensors"));
        BitConverter.TryWriteBytes(weights.AsSpan(weights.Length - sizeof(float)), float.MaxValue);
        File.WriteAllBytes(folder["model/model.safetensors"], weights);

        MttResult result = MttProcess.Run(
            folder.Path,
            [.. Arguments(folder, steps: 5).Select(word => word == _model ? "model" : word), "--output", "out"]
        );

        Assert.True(result.ExitCode == 3, result.Error);
        Assert.Matches(
            @"step 1: the loss is NaN; rows of the worst micro-batch: r\d+, .*lora_A\.weight NaN",
            result.Error
        );
        Assert.True(File.Exists(folder["out/divergence.json"]));
        Assert.True(File.Exists(folder["out/checkpoints/step-00000000/state.json"]));
    }

    [Theory]
    [InlineData("{\"input_ids\": [1, 2, 3], \"labels\": [-100, -100, -100]}", "no row has a label", "supervised token")]
    [InlineData("{\"input_ids\": [1, 2, 900], \"labels\": [-100, 2, 900]}", "another tokenizer", "900")]
    [InlineData("", "an empty file", "holds no row")]
    public void Train_RowsThatCannotBeTrained_Returns2AndWritesNothing(string rows, string why, string expected)
    {
        using TempFolder folder = new();
        folder.Write("rows.jsonl", rows);

        MttResult result = MttProcess.Run(
            folder.Path,
            ["train", "--model", _model, "--train", "rows.jsonl", "--output", "out"]
        );

        Assert.True(result.ExitCode == 2, $"{why}: {result.Error}");
        Assert.Contains(expected, result.Error);
        Assert.Contains("hint:", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Train_SettingOutOfRange_Returns2AndNamesIt()
    {
        using TempFolder folder = new();

        MttResult result = MttProcess.Run(
            folder.Path,
            [.. Arguments(folder, steps: 1), "--output", "out", "--batch-size", "0"]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("per_device_train_batch_size: 0 is out of range", result.Error);
    }

    [Fact]
    public void Train_DynamicRopeAndUnsupervisedEnd_HasTheLossThatScoreHas()
    {
        using TempFolder folder = new();
        string config = File.ReadAllText(Path.Combine(_model, "config.json"))
            .Replace("\"linear\"", "\"dynamic\"", StringComparison.Ordinal)
            .Replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 16", StringComparison.Ordinal);
        folder.Write("model/config.json", config);
        File.Copy(Path.Combine(_model, "model.safetensors"), folder["model/model.safetensors"]);
        int[] ids = [.. Enumerable.Range(0, 40).Select(t => (t * 7 + 3) % 120)];
        string labels = string.Join(", ", ids.Select((id, t) => t is > 10 and < 30 ? id : -100));
        folder.Write("rows.jsonl", $"{{\"input_ids\": [{string.Join(", ", ids)}], \"labels\": [{labels}]}}\n");
        string[] inputs = ["--model", "model", "--dtype", "float32"];

        MttResult score = MttProcess.Run(folder.Path, ["score", "rows.jsonl", .. inputs]);
        MttResult train = MttProcess.Run(
            folder.Path,
            ["train", "--train", "rows.jsonl", "--output", "out", "--max-steps", "1", .. inputs]
        );

        Assert.True(score.ExitCode == 0, score.Error);
        Assert.True(train.ExitCode == 0, train.Error);
        double expected = JsonElement.Parse(score.Out).GetProperty("loss").GetDouble();
        string metrics = File.ReadLines(folder["out/metrics.jsonl"]).First();
        Assert.Equal(expected, JsonElement.Parse(metrics).GetProperty("loss").GetDouble(), 1e-5);
    }

    private static string[] Arguments(TempFolder folder, int steps)
    {
        StringBuilder rows = new();
        for (int i = 0; i < 50; i++)
        {
            int[] ids = [.. Enumerable.Range(0, 12 + (i % 9)).Select(t => (t * 7 + i * 5) % 120)];
            string labels = string.Join(", ", ids.Select((id, t) => t % 6 < 3 ? -100 : id));
            rows.Append(
                CultureInfo.InvariantCulture,
                $"{{\"id\": \"r{i}\", \"input_ids\": [{string.Join(", ", ids)}], \"labels\": [{labels}]}}\n"
            );
        }

        folder.Write("rows.jsonl", rows.ToString());
        return
        [
            "train",
            "--model",
            _model,
            "--train",
            "rows.jsonl",
            "--max-steps",
            steps.ToString(CultureInfo.InvariantCulture),
            "--set",
            "train.save_steps=25",
            "--set",
            "lora.lora_dropout=0.1",
        ];
    }

    private static async Task WaitForStep(Process process, string output, int step)
    {
        string path = Path.Combine(output, "metrics.jsonl");
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (await timer.WaitForNextTickAsync(patience.Token))
        {
            if (process.HasExited)
            {
                Assert.Fail(await process.StandardError.ReadToEndAsync());
            }

            if (File.Exists(path) && ReadShared(path).Count(c => c == '\n') >= step)
            {
                return;
            }
        }
    }

    private static string ReadShared(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> Losses(string output) =>
        File.ReadLines(Path.Combine(output, "metrics.csv")).Select(line => string.Join(',', line.Split(',').Take(6)));
}

using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt estimate</c> beside the run it speaks of, and <c>mtt train</c> where memory runs out.</summary>
public class TrainMemoryTests
{
    private static readonly string _small = Path.Combine(
        Repository.Root,
        "tests/MultiTurnTrainer.Models.Tests/Goldens/llama-linear-rope"
    );

    private static readonly string _tiny = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");

    [Theory]
    [InlineData("small", "off", 200, 20, 120)]
    [InlineData("tiny", "full", 30, 40, 300)]
    [InlineData("tiny", "off", 12, 400, 1500)]
    public void Estimate_BesideTheRun_IsWithinATenth(
        string model,
        string recompute,
        int rows,
        int shortest,
        int longest
    )
    {
        using TempFolder folder = new();
        WriteRows(folder, Enumerable.Range(0, rows).Select(i => shortest + (i * 37 % (longest - shortest))));
        string[] arguments =
        [
            "--model",
            model == "tiny" ? _tiny : _small,
            "--train",
            "rows.jsonl",
            "--batch-size",
            "2",
            "--epochs",
            "1",
            "--set",
            $"train.recompute={recompute}",
        ];

        MttResult estimate = MttProcess.Run(folder.Path, ["estimate", .. arguments]);
        MttResult run = MttProcess.Run(folder.Path, ["train", .. arguments, "--output", "out"]);

        Assert.True(estimate.ExitCode == 0, estimate.Error);
        Assert.True(run.ExitCode == 0, run.Error);
        double predicted = double.Parse(
            estimate.Out.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );
        double measured = JsonElement
            .Parse(File.ReadLines(folder["out/metrics.jsonl"]).Last())
            .GetProperty("peak_memory_mb")
            .GetDouble();
        Assert.InRange(predicted, measured * 0.9, measured * 1.1);
    }

    [Fact]
    public void Train_MemoryRunsOut_AdvisesAndKeepsWhatWasSaved()
    {
        using TempFolder folder = new();
        WriteRows(folder, [30, 40, 50, 8000]);
        string[] arguments =
        [
            "train",
            "--model",
            _tiny,
            "--train",
            "rows.jsonl",
            "--output",
            "out",
            "--no-shuffle",
            "--batch-size",
            "1",
            "--max-steps",
            "4",
            "--set",
            "train.save_steps=1",
            "--set",
            "train.recompute=off",
        ];

        MttResult starved = MttProcess.RunWithMemoryLimit(folder.Path, 700, arguments);

        Assert.True(starved.ExitCode == 2, starved.Error);
        Assert.Contains("memory ran out", starved.Error);
        Assert.Contains("set train.recompute=full", starved.Error);
        Assert.DoesNotContain("   at ", starved.Error);
        Assert.True(File.Exists(folder["out/checkpoints/step-00000003/state.json"]));
        Assert.False(File.Exists(folder["out/adapter_model.safetensors"]));
        MttResult resumed = MttProcess.Run(folder.Path, [.. arguments, "--resume"]);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains("steps      4 to 4", resumed.Error);
    }

    private static void WriteRows(TempFolder folder, IEnumerable<int> lengths)
    {
        StringBuilder rows = new();
        foreach (int length in lengths)
        {
            int[] ids = [.. Enumerable.Range(0, length).Select(t => (t * 7 + length) % 120)];
            string labels = string.Join(", ", ids.Select((id, t) => t / 20 % 2 == 0 ? -100 : id));
            rows.Append(
                CultureInfo.InvariantCulture,
                $"{{\"input_ids\": [{string.Join(", ", ids)}], \"labels\": [{labels}]}}\n"
            );
        }

        folder.Write("rows.jsonl", rows.ToString());
    }
}

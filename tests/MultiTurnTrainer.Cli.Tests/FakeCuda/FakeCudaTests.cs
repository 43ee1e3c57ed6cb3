using System.Text;
using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests.FakeCuda;

/// <summary>
/// The binary itself with <c>--device cuda</c>, on a card that refuses what a real one would crash on or be slow at. Its numbers
/// must be the processor's.
/// </summary>
public sealed class FakeCudaTests(FakeCard card) : IClassFixture<FakeCard>
{
    private const int Steps = 3;

    // Heads of 16, a multiple of what flash attention takes; two of four queries to a key.
    private static readonly string _model = FakeCard.InTests("MultiTurnTrainer.Models.Tests/Goldens/qwen3");

    [Theory]
    [InlineData("float32", 1e-5)]
    [InlineData("bfloat16", 3e-2)]
    public void Train_OnTheCard_GivesTheLossesOfTheProcessor(string dtype, double tolerance)
    {
        using TempFolder folder = new();
        string rows = Rows(folder);
        MttResult there = card.Run(folder.Path, Train(rows, "there", "cuda", dtype));
        MttResult here = MttProcess.Run(folder.Path, Train(rows, "here", "cpu", "float32"));

        Assert.True(there.ExitCode == 0, there.Error);
        Assert.True(here.ExitCode == 0, here.Error);
        Assert.Equal(Losses(folder["here"]), Losses(folder["there"]), (a, b) => Math.Abs(a - b) <= tolerance);
    }

    [Fact]
    public void Train_InBfloat16_TakesTheCardsOwnWay()
    {
        using TempFolder folder = new();
        MttResult result = card.Run(folder.Path, Train(Rows(folder), "out", "cuda", "bfloat16"));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(2 * Steps, card.Counts["_flash_attention_forward"]);
        Assert.Equal(2 * Steps, card.Counts["_flash_attention_backward"]);
        Assert.Equal(Steps, card.Counts["simt_cross_entropy_fp32_bf16"]);
        Assert.Contains("mm.dtype", card.Counts.Keys);
        // The thread that trains and the one of autograd.
        Assert.Equal(2, card.Counts["cuCtxSetCurrent"]);
        Assert.DoesNotContain("copied for a product", card.Counts.Keys);
        Assert.DoesNotContain("bmm.out", card.Counts.Keys);
        // The gradient's norm is the one number that a step waits for, beside the losses.
        Assert.Equal(Steps, card.Counts["item"]);
    }

    [Theory]
    [InlineData("80000000000", "recompute off")]
    [InlineData("1000000", "recompute full")]
    public void Train_WithRecomputeAuto_AsksTheCardForItsFreeMemory(string free, string expected)
    {
        using TempFolder folder = new();
        MttResult result = card.Run(folder.Path, Train(Rows(folder), "out", "cuda", "bfloat16"), free);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_OnTheCard_GivesTheTokensOfTheProcessor()
    {
        using TempFolder folder = new();
        string prompts = folder.Write("prompts.jsonl", "{\"input_ids\": [5, 9, 12]}\n{\"input_ids\": [7]}\n");
        string[] arguments =
        [
            "generate",
            prompts,
            "--model",
            _model,
            "--dtype",
            "float32",
            "--max-new-tokens",
            "12",
            "--temperature",
            "0",
            "--ignore-eos",
        ];
        MttResult there = card.Run(folder.Path, [.. arguments, "--device", "cuda"]);
        MttResult here = MttProcess.Run(folder.Path, [.. arguments, "--device", "cpu"]);

        Assert.True(there.ExitCode == 0, there.Error);
        Assert.Equal(here.Out, there.Out);
    }

    private static string Rows(TempFolder folder)
    {
        JsonElement sequences = JsonElement
            .Parse(File.ReadAllBytes(Path.Combine(_model, "batch.json")))
            .GetProperty("sequences");
        StringBuilder lines = new();
        for (int i = 0; i < Steps; i++)
        {
            foreach (JsonElement row in sequences.EnumerateArray().Take(2))
            {
                lines.Append(
                    $"{{\"input_ids\":{row.GetProperty("input_ids")},\"labels\":{row.GetProperty("labels")}}}\n"
                );
            }
        }

        return folder.Write("rows.jsonl", lines.ToString());
    }

    private static string[] Train(string rows, string output, string device, string dtype) =>
        [
            "train",
            "--model",
            _model,
            "--train",
            rows,
            "--init-adapter",
            Path.Combine(_model, "adapter"),
            "--output",
            output,
            "--device",
            device,
            "--dtype",
            dtype,
            "--no-shuffle",
            "--set",
            $"train.max_steps={Steps}",
            "--set",
            "train.per_device_train_batch_size=2",
            "--set",
            "train.learning_rate=0.001",
        ];

    private static double[] Losses(string output) =>
        [
            .. File.ReadLines(Path.Combine(output, "metrics.jsonl"))
                .Select(line => JsonElement.Parse(line))
                .Where(line => line.TryGetProperty("loss", out _))
                .Select(line => line.GetProperty("loss").GetDouble()),
        ];
}

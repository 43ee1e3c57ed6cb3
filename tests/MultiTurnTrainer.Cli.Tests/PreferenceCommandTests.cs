using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt train</c> on preferences, as a process.</summary>
public class PreferenceCommandTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    [Theory]
    [InlineData("dpo", 0.693147)]
    [InlineData("kto", 0.5)]
    [InlineData("simpo", null)]
    [InlineData("orpo", null)]
    public void Train_Pairs_BeginsAtTheKnownLossAndSaysItsDefaults(string objective, double? expected)
    {
        using TempFolder folder = new();
        folder.Write("pairs.jsonl", string.Concat(Enumerable.Range(0, 6).Select(Pair)));
        MttResult result = Train(folder, objective, "--eval", "pairs.jsonl");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains($"preference {objective}: ", result.Error);
        Assert.Contains("6 pairs, the sides fork at turn 1: 6", result.Error);
        JsonElement first = JsonElement.Parse(File.ReadLines(folder["out/metrics.jsonl"]).First());
        if (expected is { } loss)
        {
            Assert.Equal(loss, first.GetProperty("loss").GetDouble(), 1e-6);
        }

        JsonElement line = JsonElement.Parse(File.ReadLines(folder["out/preferences.jsonl"]).First());
        Assert.Equal(["1", "2"], line.GetProperty("by_turn").EnumerateObject().Select(turn => turn.Name));
    }

    [Theory]
    [InlineData("""{"prompt": "Name a fruit.", "chosen": "An apple.", "rejected": null}""")]
    [InlineData("""{"prompt": "Name a fruit.", "chosen": "An apple."}""")]
    [InlineData("""{"prompt": "Name a fruit.", "chosen": "An apple.", "rejected": ""}""")]
    [InlineData("""{"prompt": "Name a fruit.", "chosen": "An apple.", "rejected": []}""")]
    [InlineData("""{"prompt": "Name a fruit.", "chosen": "An apple.", "rejected": "An apple."}""")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""")]
    public void Train_RowWithoutTwoSides_IsRefusedWithItsPlace(string row)
    {
        using TempFolder folder = new();
        folder.Write("pairs.jsonl", Pair(0) + row + "\n");
        MttResult result = Train(folder, "dpo");

        Assert.True(result.ExitCode == 2, result.Error);
        Assert.Contains("pairs.jsonl:2", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
        Assert.False(File.Exists(folder["out/adapter_model.safetensors"]));
    }

    private static MttResult Train(TempFolder folder, string objective, params string[] more) =>
        MttProcess.Run(
            folder.Path,
            [
                "train",
                "--model",
                _model,
                "--train",
                "pairs.jsonl",
                "--output",
                "out",
                "--objective",
                objective,
                "--max-steps",
                "2",
                "--dtype",
                "float32",
                .. more,
            ]
        );

    private static string Pair(int number) =>
        $$"""
            {"prompt": [{"role": "user", "content": "Name fruit {{number}}."}], "chosen": [{"role": "assistant", "content": "An apple."}, {"role": "user", "content": "Thanks."}, {"role": "assistant", "content": "You are welcome."}], "rejected": [{"role": "assistant", "content": "A brick."}, {"role": "user", "content": "No."}, {"role": "assistant", "content": "Yes, a brick."}]}

            """;
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// The README's second tour on the real model: invented facts are learned, and what the model knew stays. Some minutes, so
/// it runs where MTT_REAL_TRAINING is set (scripts/nightly.sh).
/// </summary>
public sealed class RealTrainingTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Train_InventedFacts_AreAnsweredInOtherWordsAndOrdinaryTextStays()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("MTT_REAL_TRAINING") is null,
            "set MTT_REAL_TRAINING to run it"
        );
        string model = SmallRealModel.Folder;
        int before = CountRight(model, null, out int asked);
        double lossBefore = Loss(model, null);
        Stopwatch watch = Stopwatch.StartNew();

        Run(
            "train",
            "--model",
            model,
            "--train",
            Facts("train.jsonl"),
            "--output",
            _folder["adapter"],
            "--learning-rate",
            "5e-4",
            "--epochs",
            "6",
            "--batch-size",
            "8"
        );

        TimeSpan took = watch.Elapsed;
        int after = CountRight(model, _folder["adapter"], out _);
        double lossAfter = Loss(model, _folder["adapter"]);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{asked} facts in unseen words: {before} right before, {after} after {took.TotalSeconds:F0} s of training; loss on ordinary text {lossBefore:F3} before, {lossAfter:F3} after"
            )
        );
        Assert.Equal(0, before);
        Assert.Equal(asked, after);
        Assert.InRange(lossAfter, 0, lossBefore + 0.5);
    }

    private static string Facts(string name) => Path.Combine(Repository.Root, "datasets", "facts", name);

    private int CountRight(string model, string? adapter, out int asked)
    {
        string[] wanted =
        [
            .. File.ReadLines(Facts("ask.jsonl"))
                .Select(line =>
                    JsonDocument.Parse(line).RootElement.GetProperty("metadata").GetProperty("answer").GetString()!
                ),
        ];
        asked = wanted.Length;
        string[] arguments =
        [
            "generate",
            Facts("ask.jsonl"),
            "--model",
            model,
            "--max-new-tokens",
            "40",
            "--batch-size",
            "12",
        ];
        string said = Run(adapter is null ? arguments : [.. arguments, "--adapter", adapter]).Out;
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Zip(wanted)
            .Count(pair => JsonDocument.Parse(pair.First).RootElement.GetProperty("text").GetString() == pair.Second);
    }

    private double Loss(string model, string? adapter)
    {
        string[] arguments = ["score", Facts("general.jsonl"), "--model", model];
        string totals = Run(adapter is null ? arguments : [.. arguments, "--adapter", adapter]).Error;
        return double.Parse(Regex.Match(totals, @"loss ([\d.]+),").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private MttResult Run(params string[] arguments)
    {
        MttResult result = MttProcess.Run(_folder.Path, arguments, seconds: 600);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}

using System.Text.Json;
using MultiTurnTrainer.Training.Loop;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>What a report says was lost on the way to its rows.</summary>
public sealed class LostRowsTests : IDisposable
{
    private const string Case = "llama";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Rows that were made before say in their manifest what it cost.</summary>
    [Fact]
    public void Report_RowsWithAManifest_ListsWhatTheyLost()
    {
        string page = Train(
            new
            {
                counts = new
                {
                    lost = new Dictionary<string, object>
                    {
                        ["no-answer"] = new { conversations = 3, supervised_tokens = 0 },
                        ["too-long"] = new { conversations = 12, supervised_tokens = 3456 },
                    },
                },
            }
        );
        Assert.Matches(
            "<td>too-long: left out: longer than max_length</td><td>12</td><td>3,456</td><td>[0-9.]+ %</td>",
            page
        );
        Assert.Contains(
            "<td>no-answer: no message to learn</td><td>3</td><td>0</td><td>0.00 %</td>",
            page,
            StringComparison.Ordinal
        );
        Assert.True(
            page.IndexOf("too-long", StringComparison.Ordinal) < page.IndexOf("no-answer", StringComparison.Ordinal)
        );
        Assert.Contains("Packing is off", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_RowsThatLostNothing_SaysSo() =>
        Assert.Contains(
            "No conversation and no supervised token was lost.",
            Train(new { counts = new { lost = new { } } }),
            StringComparison.Ordinal
        );

    [Fact]
    public void Report_RowsWithoutAManifest_SaysThatItIsNotKnown()
    {
        Assert.Contains("what was lost when they were made is not known", Train(null), StringComparison.Ordinal);
        Assert.Contains(
            "what was lost when they were made is not known",
            Train("no manifest"),
            StringComparison.Ordinal
        );
    }

    /// <summary>What is known of one file says nothing of another.</summary>
    [Fact]
    public void Report_OneFileOfTwoWithAManifest_SaysThatItIsNotKnown()
    {
        string other = _folder.Write("other.jsonl", File.ReadAllText(TrainingCase.WriteRows(_folder, Case)));
        string page = Train(new { counts = new { lost = new { } } }, other);
        Assert.Contains("what was lost when they were made is not known", page, StringComparison.Ordinal);
    }

    private string Train(object? manifest, params string[] others)
    {
        string rows = TrainingCase.WriteRows(_folder, Case);
        if (manifest is not null)
        {
            _folder.Write("rows.jsonl.manifest.json", JsonSerializer.Serialize(manifest));
        }

        TrainRequest request = TrainingCase.Request(
            Case,
            rows,
            _folder["out"],
            TrainingCase.Settings(Case) with
            {
                MaxSteps = 1,
                WarmupSteps = 0,
            }
        );
        TrainingCase.Run(request with { TrainFiles = [rows, .. others], Force = true });
        return System.Net.WebUtility.HtmlDecode(File.ReadAllText(_folder["out/report.html"]));
    }
}

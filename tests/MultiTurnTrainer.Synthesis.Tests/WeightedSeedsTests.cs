using System.Text.Json;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Synthesis.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests;

/// <summary>The rows of weights as seeds of the built <c>mtt review</c>.</summary>
public class WeightedSeedsTests
{
    /// <summary>A weight is about the logged answers, which a review makes anew: every new one is learned whole.</summary>
    [Fact]
    public async Task Review_SeedsWithWeights_MakesDialoguesThatAreLearnedWhole()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(Panel.Play);
        TinyModel.Write(folder);
        folder.Write("rows.jsonl", WeightRows.Lines);
        MttResult result = MttProcess.Run(
            folder.Path,
            [
                "review",
                "rows.jsonl",
                "--endpoint",
                server.BaseUrl,
                "--model",
                "m",
                "--rounds",
                "1",
                "--reviewers",
                "1",
                "--output",
                "out",
            ]
        );
        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement[] dialogues = Lines(folder["out/conversations.jsonl"]);
        Assert.Equal(WeightRows.All.Count, dialogues.Length);
        Assert.All(dialogues, dialogue => Assert.Equal("q", Messages(dialogue)[0].GetProperty("content").GetString()));

        MttResult masked = MttProcess.Run(
            folder.Path,
            ["mask", "out/conversations.jsonl", "--model", "model", "--output", "masked.jsonl"]
        );
        Assert.True(masked.ExitCode == 0, masked.Error);
        Assert.Equal(
            dialogues.Select(dialogue =>
                Messages(dialogue).Count(message => message.GetProperty("role").ValueEquals("assistant"))
            ),
            Lines(folder["masked.jsonl"]).Select(Runs)
        );
    }

    private static JsonElement[] Messages(JsonElement dialogue) =>
        [.. dialogue.GetProperty("messages").EnumerateArray()];

    // Every answer is one run of labels.
    private static int Runs(JsonElement row)
    {
        int[] labels = [.. row.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32())];
        return Enumerable.Range(0, labels.Length).Count(i => labels[i] >= 0 && (i == 0 || labels[i - 1] < 0));
    }

    private static JsonElement[] Lines(string path) =>
        [.. File.ReadLines(path).Select(line => JsonElement.Parse(line))];
}

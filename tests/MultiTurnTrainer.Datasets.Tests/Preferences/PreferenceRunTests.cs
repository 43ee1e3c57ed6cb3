using MultiTurnTrainer.Datasets.Preferences;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Tests.Contexts;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Tests.Preferences;

/// <summary>Preference rows to pairs: what is supervised after the fork, and what is left out with its cause.</summary>
public class PreferenceRunTests
{
    private const string Prompt = """{"role": "user", "content": "Name a fruit."}""";
    private const string Apple = """{"role": "assistant", "content": "An apple."}""";
    private const string Brick = """{"role": "assistant", "content": "A brick."}""";
    private const string More = """{"role": "user", "content": "Another one."}""";
    private const string Pear = """{"role": "assistant", "content": "A pear."}""";

    [Fact]
    public void Read_AnswersAfterOnePrompt_SupervisesTheTwoAlone()
    {
        PreferencePair pair = Assert.Single(
            Run($$"""{"prompt": [{{Prompt}}], "chosen": [{{Apple}}], "rejected": [{{Brick}}]}""").Pairs
        );
        Assert.Contains("An apple.", Supervised(pair.Chosen), StringComparison.Ordinal);
        Assert.Contains("A brick.", Supervised(pair.Rejected), StringComparison.Ordinal);
        Assert.DoesNotContain("fruit", Supervised(pair.Chosen) + Supervised(pair.Rejected), StringComparison.Ordinal);
        Assert.Equal(1, pair.ForkTurn);
    }

    [Fact]
    public void Read_SeveralTurns_LeavesUsersAndTheSharedBeginningUnsupervised()
    {
        PreferencePair pair = Assert.Single(
            Run(
                $$"""{"chosen": [{{Prompt}}, {{Apple}}, {{More}}, {{Pear}}], "rejected": [{{Prompt}}, {{Apple}}, {{More}}, {{Brick}}, {{More}}, {{Apple}}]}"""
            ).Pairs
        );
        Assert.Equal(2, pair.ForkTurn);
        Assert.DoesNotContain("apple", Supervised(pair.Chosen), StringComparison.Ordinal);
        Assert.Contains("A pear.", Supervised(pair.Chosen), StringComparison.Ordinal);
        Assert.Contains("A brick.", Supervised(pair.Rejected), StringComparison.Ordinal);
        Assert.Contains("An apple.", Supervised(pair.Rejected), StringComparison.Ordinal);
        Assert.DoesNotContain("Another", Supervised(pair.Rejected), StringComparison.Ordinal);
        Assert.Equal(
            [2, 3],
            pair.Rejected.Spans!.Where(span => pair.Rejected.Labels[span.Start] >= 0).Select(span => span.Turn)
        );
    }

    [Theory]
    [InlineData($$"""{"prompt": [{{Prompt}}], "chosen": [{{Apple}}], "rejected": [{{Apple}}]}""", "identical-sides")]
    [InlineData($$"""{"messages": [{{Prompt}}, {{Apple}}]}""", "identical-sides")]
    [InlineData(
        $$"""{"chosen": [{{Prompt}}, {{Apple}}, {{More}}, {{Pear}}], "rejected": [{{Prompt}}, {{Apple}}]}""",
        "missing-fork"
    )]
    [InlineData($$"""{"chosen": [{{Prompt}}, {{Apple}}], "rejected": [{{More}}, {{Brick}}]}""", "missing-fork")]
    [InlineData(
        $$"""{"prompt": [{{Prompt}}], "chosen": [{"role": "assistant", "content": " "}], "rejected": [{{Brick}}]}""",
        "empty-answer"
    )]
    [InlineData(
        $$"""{"prompt": [{{Prompt}}], "chosen": [{"role": "assistant", "content": "An apple.", "weight": 0.1}], "rejected": [{{Brick}}]}""",
        "contradicts-weights"
    )]
    [InlineData($$"""{"prompt": [{{Prompt}}], "completion": [{{Apple}}], "label": true}""", "one-sided")]
    public void Read_RowsWithoutTwoSides_AreLeftOutByCause(string row, string cause)
    {
        PreferenceRun run = Run(row);
        Assert.Empty(run.Pairs);
        PreferenceFinding finding = Assert.Single(run.Findings);
        Assert.Equal(cause, finding.Cause);
        Assert.EndsWith("rows.jsonl:1", finding.Place, StringComparison.Ordinal);

        MttException refused = Assert.Throws<MttException>(() => Run(row, skip: false));
        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--skip-refused", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OneSideTooLong_LeavesThePairOutAndCountsIt()
    {
        string longer = $$"""{"role": "assistant", "content": "{{string.Concat(Enumerable.Repeat("brick ", 200))}}"}""";
        PreferenceRun run = Run(
            $$"""{"prompt": [{{Prompt}}], "chosen": [{{Apple}}], "rejected": [{{longer}}]}""",
            options: new RowOptions { MaxLength = 100 }
        );
        Assert.Empty(run.Pairs);
        Assert.Contains("rejected side", Assert.Single(run.Findings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LabelledRows_AreTakenWhereWanted()
    {
        PreferenceRun run = Run(
            $$"""
            {"prompt": [{{Prompt}}], "completion": [{{Apple}}], "label": true}
            {"prompt": [{{Prompt}}], "completion": [{{Brick}}], "label": false}
            {"prompt": [{{Prompt}}], "chosen": [{{Apple}}], "rejected": [{{Brick}}]}
            """,
            labels: true
        );
        Assert.Equal([true, false], run.Labelled.Select(row => row.IsDesirable));
        Assert.Single(run.Pairs);
    }

    [Fact]
    public void Create_ThreadsOfARun_GiveTheSamePairs()
    {
        string rows = string.Join(
            '\n',
            Enumerable
                .Range(0, 60)
                .Select(i =>
                    $$"""{"id": "{{i}}", "prompt": [{{Prompt}}], "chosen": [{{Apple}}], "rejected": "A stone of {{i}} kilograms."}"""
                )
        );
        string Ids(int threads) =>
            string.Join(
                ';',
                Run(rows, options: new RowOptions { Threads = threads })
                    .Pairs.Select(pair => $"{pair.Chosen.Id}:{string.Join(',', pair.Rejected.InputIds)}")
            );
        Assert.Equal(Ids(1), Ids(2));
        Assert.StartsWith("0:", Ids(2), StringComparison.Ordinal);
    }

    private static PreferenceRun Run(string rows, bool skip = true, bool labels = false, RowOptions? options = null)
    {
        using TempFolder folder = new();
        PreferenceRun run = new(Policies.Model, (options ?? new RowOptions()) with { SkipRefused = skip });
        run.Read([folder.Write("rows.jsonl", rows + "\n")], labels);
        return run;
    }

    private static string Supervised(TokenRow row) =>
        Policies.Model.Tokenizer.Decode(
            [.. row.Labels.Where(label => label != TokenRow.Unsupervised)],
            skipSpecialTokens: false
        );
}

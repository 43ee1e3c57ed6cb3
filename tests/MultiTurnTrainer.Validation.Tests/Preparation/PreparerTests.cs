using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Validation.Filters;
using MultiTurnTrainer.Validation.Preparation;

namespace MultiTurnTrainer.Validation.Tests.Preparation;

public sealed class PreparerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_OutputThatIsAnInput_IsRefusedAndTheInputStays()
    {
        string input = _folder.Write("out/data.jsonl", "x\n");
        PrepareOptions options = new() { Output = _folder["out"], Force = true };
        MttException problem = Assert.Throws<MttException>(() => new Preparer(options).Run([input]));
        Assert.Contains("one of the inputs", problem.Message, StringComparison.Ordinal);
        Assert.Equal("x\n", File.ReadAllText(input));
    }

    [Fact]
    public void Run_MixedRows_ConvertsFiltersAndDeduplicates()
    {
        string input = _folder.Write(
            "a.jsonl",
            """
            {"conversations":[{"from":"human","value":"one"},{"from":"gpt","value":"1"}]}
            {"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"1"}]}
            {"messages":[{"role":"user","content":"two"},{"role":"assistant","content":"2"}]}
            {"messages":[{"role":"user","content":"two"},{"role":"assistant","content":"2"},{"role":"user","content":"more"},{"role":"assistant","content":"3"}]}
            {"instruction":"think","output":"<think>hm</think>so"}
            {"text":"no"}
            {"messages":[{"role":"user","content":"drop me"},{"role":"assistant","content":"x"}]}
            """
        );
        PreparedCounts counts = Prepare(input, "out", filter: "not text contains 'drop'");
        Assert.Equal(
            (7, 1, 1, 1, 1),
            (counts.Read, counts.Rejected, counts.Filtered, counts.Duplicates, counts.Prefixes)
        );
        Assert.Equal(
            """
            {"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"1"}]}
            {"messages":[{"role":"user","content":"two"},{"role":"assistant","content":"2"},{"role":"user","content":"more"},{"role":"assistant","content":"3"}]}
            {"messages":[{"role":"user","content":"think"},{"role":"assistant","reasoning_content":"hm","content":"so"}]}

            """,
            File.ReadAllText(_folder["out/data.jsonl"])
        );
        Assert.Contains("plain text", File.ReadAllText(_folder["out/rejects.jsonl"]), StringComparison.Ordinal);
        Assert.Equal(
            $$"""
            {"file":"{{input}}","line":2,"reason":"duplicate","of":"{{input}}:1"}
            {"file":"{{input}}","line":3,"reason":"prefix","of":"{{input}}:4"}
            {"file":"{{input}}","line":7,"reason":"filter"}

            """,
            File.ReadAllText(_folder["out/left-out.jsonl"])
        );
    }

    [Fact]
    public void Run_Shards_AddUpToTheWhole()
    {
        string input = Many(300);
        File.AppendAllText(input, File.ReadAllText(input));
        Prepare(input, "whole", split: "train=0.8,test=0.2");
        for (int i = 0; i < 4; i++)
        {
            Prepare(input, "parts", split: "train=0.8,test=0.2", shard: new Shard(i, 4));
        }

        foreach (string split in new[] { "train", "test", "left-out" })
        {
            // A part of which nothing is left out has no such list.
            string parts = string.Concat(
                Enumerable
                    .Range(0, 4)
                    .Select(i => _folder[$"parts/{split}-0000{i}-of-00004.jsonl"])
                    .Where(File.Exists)
                    .Select(File.ReadAllText)
            );
            Assert.Equal(File.ReadAllText(_folder[$"whole/{split}.jsonl"]), parts);
        }
    }

    [Fact]
    public void Run_MoreData_MovesNoRowToAnotherSplit()
    {
        Prepare(Many(200), "small", split: "train=0.8,test=0.2");
        Prepare(Many(400), "large", split: "train=0.8,test=0.2");
        HashSet<string> train = [.. File.ReadAllLines(_folder["large/train.jsonl"])];
        Assert.All(File.ReadAllLines(_folder["small/train.jsonl"]), line => Assert.Contains(line, train));
        Assert.NotEmpty(File.ReadAllLines(_folder["small/test.jsonl"]));
    }

    [Fact]
    public void Run_SameBeginning_StaysInOneSplit()
    {
        string rows = string.Concat(
            Enumerable
                .Range(0, 200)
                .Select(i =>
                    $$"""{"messages":[{"role":"user","content":"q{{i % 20}}"},{"role":"assistant","content":"a{{i}}"}]}"""
                    + "\n"
                )
        );
        Prepare(_folder.Write("a.jsonl", rows), "out", split: "train=0.5,test=0.5");
        HashSet<string?> train =
        [
            .. ConversationReader.Read(_folder["out/train.jsonl"]).Select(row => row.Messages[0].Content),
        ];
        Assert.DoesNotContain(
            ConversationReader.Read(_folder["out/test.jsonl"]),
            row => train.Contains(row.Messages[0].Content)
        );
    }

    [Fact]
    public void Run_SplitOfASplit_IsRefusedUnlessItsSeedIsAnother()
    {
        const string split = "train=0.8,test=0.2";
        Prepare(Many(200), "first", split: split);
        string train = _folder["first/train.jsonl"];
        MttException problem = Assert.Throws<MttException>(() => Prepare(train, "second", split: split));
        Assert.Contains("test=0.2", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--split-seed", problem.Remedy, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["second"]));
        PreparedCounts counts = Prepare(train, "second", split: split, seed: 1);
        Assert.InRange(counts.Written["test"], 1, counts.Read / 2);
    }

    [Fact]
    public void Run_FewRowsOrOneBeginning_MayLeaveAPartEmpty()
    {
        Assert.Equal(0, Prepare(Many(3), "few", split: "train=0.95,test=0.05").Written["test"]);
        string rows = string.Concat(
            Enumerable
                .Range(0, 100)
                .Select(i =>
                    $$"""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a{{i}}"}]}""" + "\n"
                )
        );
        PreparedCounts counts = Prepare(_folder.Write("one.jsonl", rows), "one", split: "train=0.5,test=0.5");
        Assert.Equal([0, 100], counts.Written.Values.Order());
    }

    [Fact]
    public void Run_Again_DoesNothingUntilTheInputChanges()
    {
        string input = Many(10);
        Prepare(input, "out");
        PrepareOptions options = new() { Output = _folder["out"] };
        Assert.Null(new Preparer(options).Run([input]));
        File.AppendAllText(
            input,
            """{"messages":[{"role":"user","content":"new"},{"role":"assistant","content":"n"}]}"""
        );
        Assert.Throws<MttException>(() => new Preparer(options).Run([input]));
        Assert.Equal(11, new Preparer(options with { Force = true }).Run([input])!.Read);
    }

    [Theory]
    [InlineData("turns >= 2", false)]
    [InlineData("turns == 1 and answers == 1", true)]
    [InlineData("metadata.label != false", true)]
    [InlineData("metadata.score > 0.5 or id == \"x\"", true)]
    [InlineData("not (text contains 'hello')", false)]
    [InlineData("last startswith \"he\" and last endswith 'o'", true)]
    [InlineData("system", false)]
    [InlineData("id == 3", false)]
    public void Filter_OfARow_IsAsWritten(string filter, bool keeps)
    {
        string path = _folder.Write(
            "a.jsonl",
            """{"id":"x","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"metadata":{"score":0.75}}"""
        );
        Assert.Equal(keeps, Filter.Parse(filter).Keeps(ConversationReader.Read(path).Single()));
    }

    [Theory]
    [InlineData("turn > 1", "'turn' is unknown")]
    [InlineData("turns >", "column 8")]
    [InlineData("turns > 1 2", "operator")]
    [InlineData("text contains \"x", "not closed")]
    [InlineData("(turns > 1", "')'")]
    [InlineData("1 & 2", "'&'")]
    [InlineData("", "the end")]
    public void Filter_Malformed_SaysWhere(string filter, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<MttException>(() => Filter.Parse(filter)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("1/4", 1, 4)]
    [InlineData("auto", 2, 3)]
    [InlineData(null, 0, 1)]
    public void Shard_OptionInASlurmArray_LooksAtTheArrayForAutoOnly(string? text, int index, int count)
    {
        Dictionary<string, string> slurm = new()
        {
            ["SLURM_ARRAY_TASK_ID"] = "3",
            ["SLURM_ARRAY_TASK_MIN"] = "1",
            ["SLURM_ARRAY_TASK_COUNT"] = "3",
        };
        Assert.Equal(new Shard(index, count), Shard.Parse(text, slurm.GetValueOrDefault));
    }

    [Theory]
    [InlineData("4/4")]
    [InlineData("x")]
    [InlineData("-1/2")]
    [InlineData("auto")]
    public void Shard_Nonsense_IsRefused(string text) =>
        Assert.Throws<MttException>(() => Shard.Parse(text, _ => null));

    [Fact]
    public void Shard_KubernetesIndexWithoutCount_AsksForIt() =>
        Assert.Contains(
            "JOB_COMPLETIONS",
            Assert
                .Throws<MttException>(() => Shard.Parse("auto", name => name == "JOB_COMPLETION_INDEX" ? "0" : null))
                .Remedy,
            StringComparison.Ordinal
        );

    private string Many(int rows) =>
        _folder.Write(
            $"many{rows}.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, rows)
                    .Select(i =>
                        $$"""{"messages":[{"role":"user","content":"question {{i}}"},{"role":"assistant","content":"answer {{i}}"}]}"""
                        + "\n"
                    )
            )
        );

    private PreparedCounts Prepare(
        string input,
        string output,
        string? filter = null,
        string? split = null,
        Shard? shard = null,
        ulong seed = 0
    )
    {
        PrepareOptions options = new()
        {
            Output = _folder[output],
            Filter = filter,
            Splits = split is null ? [] : Split.Parse(split),
            SplitSeed = seed,
            Shard = shard ?? Shard.Whole,
        };
        return new Preparer(options).Run([input])!;
    }
}

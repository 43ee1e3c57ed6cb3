using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Synthesis.Seeds;

namespace MultiTurnTrainer.Synthesis.Tests.Review;

public class SeedReaderTests
{
    [Theory]
    [InlineData(
        """{"instruction":"Odd one out?","input":"cat, dog, stone","output":"stone"}""",
        "Odd one out?\ncat, dog, stone"
    )]
    [InlineData("""{"instruction":"Odd one out?","input":"cat, dog, stone"}""", "Odd one out?\ncat, dog, stone")]
    [InlineData("""{"instruction":"Say hi.","input":""}""", "Say hi.")]
    [InlineData("""{"prompt":"Say hi."}""", "Say hi.")]
    [InlineData("""{"prompt":"Say hi.","completion":"hi"}""", "Say hi.")]
    [InlineData("""{"question":"Why?"}""", "Why?")]
    [InlineData("""{"question_id":1,"turns":["First.","Second."]}""", "First.")]
    [InlineData(
        """{"messages":[{"role":"user","content":"One."},{"role":"assistant","content":"x"},{"role":"user","content":"Two."}]}""",
        "One."
    )]
    [InlineData("""{"conversations":[{"from":"human","value":"One."},{"from":"gpt","value":"x"}]}""", "One.")]
    public void Read_AnyFormat_FirstQuestionWithItsInput(string row, string question)
    {
        using TempFolder folder = new();
        Assert.Equal(question, Assert.Single(SeedReader.Read([folder.Write("seeds.jsonl", row + "\n")])).Question);
    }

    [Fact]
    public void Read_SystemMessageAndId_AreKept()
    {
        using TempFolder folder = new();
        string path = folder.Write(
            "seeds.json",
            """
            [{"id":"a","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}],"metadata":{"k":1}},
             {"id":"b","messages":[{"role":"assistant","content":"Hello"}]}]
            """
        );
        List<SkippedSeed> skipped = [];
        Seed seed = Assert.Single(SeedReader.Read([path], skipped.Add));
        Assert.Equal(("a", "Be kind.", "Hi"), (seed.Id, seed.System, seed.Question));
        Assert.Equal(1, ((JsonView)seed.Metadata!).GetProperty("k").GetInt32());
        Assert.Equal("seeds.json", Assert.Single(skipped).File);
    }

    [Theory]
    [InlineData("review_instruct__alpaca_data.json", 6)]
    [InlineData("llamafactory__alpaca_en_demo.json", 999)]
    [InlineData("fastchat__mt_bench_question.jsonl", 80)]
    public void Read_RealFiles_GiveASeedPerRow(string file, int count)
    {
        List<Seed> seeds = [.. SeedReader.Read([SharedData.Path("chats", file)])];
        Assert.Equal(count, seeds.Count);
        Assert.DoesNotContain(seeds, seed => string.IsNullOrWhiteSpace(seed.Question));
    }

    [Fact]
    public void Read_RowThatIsNoQuestion_NamesTheLine()
    {
        using TempFolder folder = new();
        string path = folder.Write("seeds.jsonl", "{\"prompt\":\"fine\"}\n{\"x\":1}\n");
        MttException problem = Assert.Throws<MttException>(() => SeedReader.Read([path]).Count());
        Assert.Contains("seeds.jsonl:2", problem.Message, StringComparison.Ordinal);
    }
}

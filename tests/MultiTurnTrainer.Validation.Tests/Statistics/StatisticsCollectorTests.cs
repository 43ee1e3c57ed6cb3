using MultiTurnTrainer.Validation.Statistics;

namespace MultiTurnTrainer.Validation.Tests.Statistics;

public sealed class StatisticsCollectorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("plain", 5)]
    [InlineData("naïve текст 日本", 14)]
    [InlineData("🙂🙂 𝄞", 4)]
    [InlineData("\\ud83d\\ude42", 1)]
    public void Run_WithoutAModel_CountsUnicodeCharacters(string text, int characters)
    {
        string path = _folder.Write("a.jsonl", $$"""{"messages":[{"role":"assistant","content":"{{text}}"}]}""");
        DatasetStatistics statistics = new StatisticsCollector(new StatisticsOptions()).Run([path]);
        Assert.Equal(characters, statistics.Messages.Mean);
    }
}

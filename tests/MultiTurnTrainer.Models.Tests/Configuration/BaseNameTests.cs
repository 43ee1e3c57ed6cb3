using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Tests.Configuration;

public class BaseNameTests
{
    [Theory]
    [InlineData("""{"_name_or_path": "Qwen/Qwen3-0.6B"}""", "Qwen/Qwen3-0.6B")]
    [InlineData("""{"_name_or_path": "/home/me/model"}""", null)]
    [InlineData("""{"_name_or_path": "./out/run"}""", null)]
    [InlineData("""{"_name_or_path": ""}""", null)]
    [InlineData("""{"_name_or_path": 3}""", null)]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    [InlineData("not json", null)]
    public void Of_AFolder_IsWhatItsConfigCallsItOnTheHub(string config, string? expected)
    {
        using TempFolder folder = new();
        folder.Write("model/config.json", config);

        Assert.Equal(expected ?? folder["model"], BaseName.Of(folder["model"]));
    }

    [Fact]
    public void Of_AFolderOfTheHubsCache_IsNamedByIt()
    {
        using TempFolder folder = new();
        folder.Write("models--Qwen--Qwen3-0.6B/snapshots/abc/config.json", "{}");

        Assert.Equal("Qwen/Qwen3-0.6B", BaseName.Of(folder["models--Qwen--Qwen3-0.6B/snapshots/abc"]));
    }
}

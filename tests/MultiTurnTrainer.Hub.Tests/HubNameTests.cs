using MultiTurnTrainer.Files;
using MultiTurnTrainer.Hub.Client;

namespace MultiTurnTrainer.Hub.Tests;

public class HubNameTests
{
    [Theory]
    [InlineData("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", "main")]
    [InlineData("org/name@v1.0", "org/name", "v1.0")]
    [InlineData("org/name@refs/pr/3", "org/name", "refs/pr/3")]
    [InlineData("hf://gpt2", "gpt2", "main")]
    [InlineData("hf://models/org/name@dev", "org/name", "dev")]
    public void TryParseModel_OfAName_FindsIdAndRevision(string text, string id, string revision)
    {
        Assert.Equal(new HubName(HubKind.Model, id, revision), HubName.TryParseModel(text));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("./org/name")]
    [InlineData("/org/name")]
    [InlineData("a/b/c")]
    [InlineData("../models")]
    [InlineData("org/..")]
    [InlineData("org/na--me")]
    [InlineData("org/name@")]
    [InlineData("org/name@a/../b")]
    [InlineData("org/name\n")]
    public void TryParseModel_OfSomethingElse_IsNull(string text)
    {
        Assert.Null(HubName.TryParseModel(text));
    }

    [Theory]
    [InlineData("hf://datasets/org/name", "org/name", "main", null, null, null)]
    [InlineData("hf://datasets/org/name:test", "org/name", "main", null, "test", null)]
    [InlineData("hf://datasets/org/name/en:train", "org/name", "main", "en", "train", null)]
    [InlineData("hf://datasets/org/name@v2/en", "org/name", "v2", "en", null, null)]
    [InlineData("hf://datasets/org/name@refs/convert/parquet/en", "org/name", "refs/convert/parquet", "en", null, null)]
    [InlineData("hf://datasets/org/name@refs/pr/12/data/a.jsonl", "org/name", "refs/pr/12", null, null, "data/a.jsonl")]
    [InlineData("hf://datasets/org/name/data/a.parquet", "org/name", "main", null, null, "data/a.parquet")]
    [InlineData("hf://datasets/squad", "squad", "main", null, null, null)]
    public void Parse_OfAnAddress_FindsItsParts(
        string text,
        string id,
        string revision,
        string? config,
        string? split,
        string? file
    )
    {
        Assert.Equal(
            new DatasetName(new HubName(HubKind.Dataset, id, revision), config, split, file),
            DatasetName.Parse(text)
        );
    }

    [Theory]
    [InlineData("hf://datasets/")]
    [InlineData("hf://datasets/org/name:")]
    [InlineData("hf://datasets/org/name/a/b")]
    [InlineData("hf://datasets/org/name/../x.jsonl")]
    [InlineData("hf://datasets/org/name@")]
    public void Parse_OfSomethingElse_IsRefused(string text)
    {
        Assert.Throws<MttException>(() => DatasetName.Parse(text));
    }

    [Fact]
    public void FromEnvironment_HuggingFacesVariables_AreHonoured()
    {
        using TempFolder folder = new();
        folder.Write("home/token", "  from-file\n");
        Dictionary<string, string> set = new()
        {
            ["HF_HOME"] = folder["home"],
            ["HF_ENDPOINT"] = "https://mirror.example/",
        };
        HubSettings settings = HubSettings.FromEnvironment(set.GetValueOrDefault);
        Assert.Equal((folder["home/hub"], "from-file", false), (settings.Cache, settings.Token, settings.Offline));
        Assert.Equal("https://mirror.example", settings.Endpoint);

        set["HF_TOKEN"] = "from-variable";
        set["HF_HUB_CACHE"] = "/elsewhere";
        set["HF_HUB_OFFLINE"] = "true";
        settings = HubSettings.FromEnvironment(set.GetValueOrDefault);
        Assert.Equal(("/elsewhere", "from-variable", true), (settings.Cache, settings.Token, settings.Offline));

        set["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
        Assert.Null(HubSettings.FromEnvironment(set.GetValueOrDefault).Token);
        Dictionary<string, string> xdg = new() { ["XDG_CACHE_HOME"] = "/x", ["HOME"] = "/h" };
        Assert.Equal("/x/huggingface/hub", HubSettings.FromEnvironment(xdg.GetValueOrDefault).Cache);
        set["HF_ENDPOINT"] = "mirror";
        Assert.Throws<MttException>(() => HubSettings.FromEnvironment(set.GetValueOrDefault));
    }
}

using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>The binary against a scripted hub: names in place of folders and files.</summary>
public sealed class HubCommandTests : IDisposable
{
    private readonly ScriptedHub _hub = new();
    private readonly TempFolder _folder = new();

    public HubCommandTests()
    {
        _hub.AddFolder("models/org/tiny", Model());
        _hub.Add("datasets/org/chats", "train.jsonl", Chats(6));
        _hub.Add("datasets/org/chats", "test.jsonl", Chats(2));
    }

    public void Dispose()
    {
        _hub.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Mask_OfNamesOnTheHub_FetchesTokenizerAndDataAlone()
    {
        MttResult result = Run(
            "mask",
            "hf://datasets/org/chats",
            "--model",
            "org/tiny",
            "--output",
            _folder["rows.jsonl"]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("org/chats: 1 file", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("model.safetensors"));
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("test.jsonl"));
        string manifest = File.ReadAllText(_folder["rows.jsonl.manifest.json"]);
        Assert.Contains(
            $"\"hub\": \"org/chats@{_hub.Commit("datasets/org/chats")}\"",
            manifest,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void LintTemplate_OfANameOnTheHub_ReadsItsTemplate()
    {
        MttResult result = Run("lint-template", "org/tiny", "--format", "json");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("\"tiny\"", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("model.safetensors"));
    }

    [Fact]
    public void Train_OfNamesOnTheHub_SaysTheCommitAndPushesWhatItMade()
    {
        string output = _folder["adapter"];
        MttResult train = Run(
            "train",
            "--model",
            "org/tiny@main",
            "--train",
            "hf://datasets/org/chats:train",
            "--eval",
            "hf://datasets/org/chats:test",
            "--output",
            output,
            "--max-steps",
            "2"
        );
        Assert.True(train.ExitCode == 0, train.Error);
        string commit = _hub.Commit("models/org/tiny");
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(output + ".manifest.json"))!;
        Assert.Equal(commit, (string)manifest["options"]!["fingerprint"]!["model commit"]!);
        Assert.Equal($"org/tiny@{commit}", (string)manifest["inputs"]!["model:config.json"]!["hub"]!);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(output, "adapter_config.json")))!;
        Assert.Equal("org/tiny", (string)config["base_model_name_or_path"]!);

        MttResult push = Run("push", output, "me/bot", "--private");

        Assert.True(push.ExitCode == 0, push.Error);
        JsonNode[] lines = Assert.Single(_hub.Commits);
        string[] paths = [.. lines.Skip(1).Select(line => (string)line["value"]!["path"]!)];
        Assert.Contains("adapter_model.safetensors", paths);
        Assert.Contains("tokenizer.json", paths);
        Assert.DoesNotContain(paths, path => path.Contains("checkpoint") || path.Contains("metrics"));
        JsonNode card = lines.Single(line => (string?)line["value"]!["path"] == "README.md");
        string text = System.Text.Encoding.UTF8.GetString(_hub.Stored[(string)card["value"]!["oid"]!]);
        Assert.Contains("base_model: org/tiny", text, StringComparison.Ordinal);
        Assert.Contains("license: apache-2.0", text, StringComparison.Ordinal);
        Assert.Contains("- org/chats", text, StringComparison.Ordinal);
        Assert.Contains($"at commit `{commit}`", text, StringComparison.Ordinal);
        Assert.Contains("training loss", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Pull_OfAModel_PrintsItsFolderAndWorksOfflineAfterwards()
    {
        MttResult first = Run("pull", "org/tiny");
        Assert.True(first.ExitCode == 0, first.Error);
        string folder = first.Out.Trim();
        Assert.True(File.Exists(Path.Combine(folder, "model.safetensors")));
        _folder.Write("ask.jsonl", """{"messages": [{"role": "user", "content": "Hi"}]}""" + "\n");
        _hub.Requests.Clear();

        MttResult offline = RunWith(
            ("HF_HUB_OFFLINE", "1"),
            "generate",
            _folder["ask.jsonl"],
            "--model",
            "org/tiny",
            "--max-new-tokens",
            "3"
        );

        Assert.True(offline.ExitCode == 0, offline.Error);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public void Generate_ANameThatIsNowhere_SaysBoth()
    {
        _folder.Write("ask.jsonl", """{"messages": [{"role": "user", "content": "Hi"}]}""" + "\n");

        MttResult result = Run("generate", _folder["ask.jsonl"], "--model", "out/model");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(
            "out/model: there is no such folder; as a name on the hub:",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private MttResult Run(params string[] arguments) => RunWith(("HF_TOKEN", "secret"), arguments);

    private MttResult RunWith((string Name, string Value) variable, params string[] arguments) =>
        MttProcess.Run(
            _folder.Path,
            arguments,
            environment: new Dictionary<string, string>
            {
                ["HF_ENDPOINT"] = _hub.Endpoint,
                ["HF_HOME"] = _folder["hf"],
                [variable.Name] = variable.Value,
            }
        );

    // The tiny preset with random weights.
    private string Model()
    {
        string folder = _folder["tiny"];
        MttResult made = MttProcess.Run(_folder.Path, ["init", "--preset", "tiny", folder]);
        Assert.True(made.ExitCode == 0, made.Error);
        return Path.Combine(folder, "model");
    }

    private static string Chats(int count) =>
        string.Concat(
            Enumerable
                .Range(0, count)
                .Select(i =>
                    $$"""{"messages": [{"role": "user", "content": "Question {{i}}?"}, {"role": "assistant", "content": "Answer {{i}}."}]}"""
                    + "\n"
                )
        );
}

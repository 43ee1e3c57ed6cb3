using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt context</c>, <c>mtt parity</c> and <c>mtt prepare --policy</c> as processes.</summary>
public class ContextCommandTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    private const string Policy = """
        window: 600
        history:
          turns: 4
          bite: 2
        summary:
          max_tokens: 60
        """;

    [Fact]
    public void Context_OfAConversation_ShowsEveryCallAndTheSums()
    {
        using TempFolder folder = Prepared();

        MttResult result = MttProcess.Run(
            folder.Path,
            ["context", "chat.jsonl", "--policy", "policy.yaml", "--model", _model, "--items"]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("long · policy policy.yaml", result.Out);
        Assert.Contains("window 600, budget 480", result.Out);
        Assert.Contains("constraint [1]", result.Out);
        Assert.Contains("Never mention prices.", result.Out);
        Assert.Contains("the window holds 4 turns", result.Out);
        Assert.Contains("12 of 12 constraints", result.Out);
        Assert.Contains("TRL keep_start", result.Out);
    }

    [Fact]
    public void Context_AsJson_HasPlansAndSums()
    {
        using TempFolder folder = Prepared();

        MttResult result = MttProcess.Run(
            folder.Path,
            [
                "context",
                "chat.jsonl",
                "--compare",
                "policy.yaml",
                "support",
                "--model",
                _model,
                "--format",
                "json",
                "--html",
                "page.html",
            ]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement[] policies = [.. JsonElement.Parse(result.Out).GetProperty("policies").EnumerateArray()];
        Assert.Equal(
            ["naive", "policy.yaml", "support"],
            policies.Select(policy => policy.GetProperty("policy").GetString())
        );
        Assert.True(policies[0].GetProperty("tokens").GetInt64() > policies[1].GetProperty("tokens").GetInt64());
        string page = File.ReadAllText(folder["page.html"]);
        Assert.Contains("policy.yaml", page);
        Assert.Contains("LLaMA-Factory cut", page);
        Assert.Equal(1, policies[1].GetProperty("retention").GetProperty("share").GetDouble());
    }

    [Fact]
    public void Context_Check_FailsWhereThePromptCannotFit()
    {
        using TempFolder folder = Prepared();
        string[] check = ["context", "chat.jsonl", "--policy", "policy.yaml", "--model", _model, "--check"];

        Assert.Equal(0, MttProcess.Run(folder.Path, check).ExitCode);
        MttResult small = MttProcess.Run(folder.Path, [.. check, "--window", "40"]);

        Assert.Equal(1, small.ExitCode);
        Assert.Contains("chat.jsonl:1: messages[1]: the prompt has ", small.Error);
        Assert.Contains("hint: Shorten ", small.Error);
    }

    [Theory]
    [InlineData("window: 600\nhistry:\n  turns: 4\n", "policy.yaml:2:1: unknown key in context: 'histry'")]
    [InlineData("history:\n  turns: 4\n  bite: 6\n", "policy.yaml:3:9: context.history.bite: 6 turns cannot leave")]
    [InlineData("reserve: 2\n", "policy.yaml:1:10: context.reserve: 2 is out of range")]
    [InlineData(
        "steps:\n  - when: {fraction: 0.5}\n    do: [summarize_turns]\n    to: 0.7\n",
        "policy.yaml:4:9: context.steps[0].to: the step would stop at 0.7"
    )]
    [InlineData(
        "steps:\n  - when: {fraction: 0.5}\n    do: [sumarise]\n",
        "policy.yaml:3:10: context.steps[0].do[0]: 'sumarise'"
    )]
    public void Context_WithAPolicyThatCannotBeMeant_NamesItsLine(string policy, string expected)
    {
        using TempFolder folder = Prepared();
        folder.Write("policy.yaml", policy);

        MttResult result = MttProcess.Run(
            folder.Path,
            ["context", "chat.jsonl", "--policy", "policy.yaml", "--model", _model]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"error: {expected}", result.Error);
    }

    [Fact]
    public void Prepare_UnderAPolicy_GivesTheRowsThatMaskGivesUnderIt()
    {
        using TempFolder folder = Prepared();
        folder.Write("mtt.yaml", "context:\n  " + Policy.ReplaceLineEndings("\n  "));

        MttResult prepared = MttProcess.Run(
            folder.Path,
            ["prepare", "chat.jsonl", "--output", "data", "--model", _model]
        );
        MttResult masked = MttProcess.Run(
            folder.Path,
            ["mask", "data/data.jsonl", "--model", _model, "--output", "prepared.jsonl"]
        );
        MttResult direct = MttProcess.Run(
            folder.Path,
            ["mask", "chat.jsonl", "--model", _model, "--output", "direct.jsonl"]
        );

        Assert.True(prepared.ExitCode == 0, prepared.Error);
        Assert.True(masked.ExitCode == 0, masked.Error);
        Assert.True(direct.ExitCode == 0, direct.Error);
        Assert.Equal(File.ReadAllText(folder["direct.jsonl"]), File.ReadAllText(folder["prepared.jsonl"]));
        JsonElement sums = JsonElement.Parse(File.ReadAllText(folder["data/context.json"]));
        Assert.Equal(12, sums.GetProperty("answers").GetInt32());
        JsonElement manifest = JsonElement.Parse(File.ReadAllText(folder["data/prepare.manifest.json"]));
        Assert.Equal(
            sums.GetProperty("fingerprint").GetString(),
            manifest.GetProperty("options").GetProperty("context_policy").GetString()
        );
    }

    [Fact]
    public void Parity_OfASession_FindsEqualIds()
    {
        using TempFolder folder = Prepared();

        MttResult result = MttProcess.Run(
            folder.Path,
            ["parity", "chat.jsonl", "--policy", "policy.yaml", "--model", _model]
        );

        Assert.Equal(0, result.ExitCode);
        Assert.Equal("ids equal at 12/12 calls\n", result.Error);
    }

    [Fact]
    public void Prepare_UnderAPolicyWithoutAModel_SaysWhatIsMissing()
    {
        using TempFolder folder = Prepared();

        MttResult result = MttProcess.Run(
            folder.Path,
            ["prepare", "chat.jsonl", "--output", "data", "--policy", "support"]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("hint: Give its folder with --model DIR.", result.Error);
    }

    private static TempFolder Prepared()
    {
        TempFolder folder = new();
        List<object> messages =
        [
            new { role = "system", content = "You are the support assistant for the Lumo desk lamp." },
            new { role = "user", content = "Never mention prices. My lamp blinks red." },
            new { role = "assistant", content = "It has lost its connection." },
        ];
        for (int turn = 1; turn < 12; turn++)
        {
            messages.Add(new { role = "user", content = $"And what about the lamp number {turn}?" });
            messages.Add(
                new { role = "assistant", content = "Hold the base button for five seconds until it turns blue." }
            );
        }

        folder.Write("chat.jsonl", JsonSerializer.Serialize(new { id = "long", messages }) + "\n");
        folder.Write("policy.yaml", Policy);
        return folder;
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Testing.Browser;

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
    public void Context_OfLabelledFacts_CountsThemInTextJsonAndPage()
    {
        using TempFolder folder = Prepared();
        JsonNode row = JsonNode.Parse(File.ReadAllText(folder["chat.jsonl"]))!;
        row["metadata"] = JsonNode.Parse(
            """{"must_keep": [{"turn": 2, "text": "lamp number 2", "all_of": ["number 2"]}]}"""
        );
        folder.Write("chat.jsonl", row.ToJsonString() + "\n");
        string[] arguments = ["context", "chat.jsonl", "--policy", "policy.yaml", "--model", _model];

        MttResult text = MttProcess.Run(folder.Path, [.. arguments, "--html", "page.html"]);
        MttResult json = MttProcess.Run(folder.Path, [.. arguments, "--format", "json"]);

        Assert.True(text.ExitCode == 0, text.Error);
        JsonElement retention = JsonElement.Parse(json.Out).GetProperty("policies")[0].GetProperty("retention");
        string counted =
            $"{retention.GetProperty("labels_kept").GetInt64()} of {retention.GetProperty("labels_active").GetInt64()}";
        Assert.True(retention.GetProperty("labels_active").GetInt64() > 0);
        Assert.Contains($"{counted} labelled facts", text.Out);
        Assert.Contains($"<td>{counted}</td>", File.ReadAllText(folder["page.html"]));
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
    public async Task Context_HtmlOfPolicies_DrawsEachTurnSideBySideAndIsReadByEverybody()
    {
        using TempFolder folder = Prepared();
        string chat = File.ReadAllText(folder["chat.jsonl"]);
        folder.Write("chat.jsonl", chat.Replace("My lamp blinks red.", "<script>window.ran = 1</script> blinks red."));

        MttResult result = MttProcess.Run(
            folder.Path,
            ["context", "chat.jsonl", "--compare", "policy.yaml", "--model", _model, "--html", "page.html"]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        string page = File.ReadAllText(folder["page.html"]);
        Assert.Equal(12, Regex.Count(page, "<h3>Turn "));
        Assert.Equal(2 * 12, Regex.Count(page, "<figure><figcaption>"));
        // The policy has four thresholds, naive has none.
        Assert.Equal(4 * 12, Regex.Count(page, "class=\"mark\""));
        Assert.Contains("at 60 % of the budget: clear tool results, summarize turns, down to 50 %", page);
        Assert.Contains("the window holds 4 turns; the summary replaces them", page);
        Assert.Contains("<li class=\"kind-constraint\">", page);
        Assert.Contains("Never mention prices.", page);
        Assert.DoesNotContain("<script", page);

        await using Chromium browser = Chromium.Start();
        BrowserTab tab = await browser.OpenAsync();
        await tab.ResizeAsync(400, 900);
        foreach (string scheme in new[] { "light", "dark" })
        {
            await tab.PreferAsync(scheme);
            await tab.GoAsync($"file://{folder["page.html"]}");
            await tab.EvaluateAsync("document.querySelectorAll('details').forEach((one) => (one.open = true))");
            await tab.PictureAsync($"context-{scheme}-400");
            JsonNode contrast = (await tab.EvaluateAsync(PageScripts.Contrast))!;
            Assert.Empty(contrast["bad"]!.AsArray().Select(found => (string?)found));
            Assert.Empty((await tab.EvaluateAsync(PageScripts.TooWide))!.AsArray().Select(found => (string?)found));
        }

        Assert.Empty(tab.Problems);
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
    public void Parity_OfRecordedIds_NamesTheItemOfTheFirstDifference()
    {
        using TempFolder folder = Prepared();
        RowModel model = RowModel.Load(_model, new RowOptions());
        Conversation source = ConversationReader.Read(folder["chat.jsonl"]).Single();
        ContextPolicy served = new()
        {
            Window = 600,
            History = new() { Turns = 4, Bite = 2 },
            Summary = new() { MaxTokens = 60 },
        };
        folder.Write("served.jsonl", Recorded(source, served, model));
        folder.Write("other.jsonl", Recorded(source, served with { Constraints = new() { Enabled = false } }, model));

        MttResult equal = Parity(folder, "served.jsonl");
        MttResult other = Parity(folder, "other.jsonl");

        Assert.Equal("ids equal at 12/12 calls, 12 of them as a server had recorded them\n", equal.Error);
        Assert.Equal(0, equal.ExitCode);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("other.jsonl:1: messages[2]: token ", other.Error);
        Assert.Contains("Rules set by the user", other.Error);
        Assert.Contains("ids equal at 0/12 calls", other.Error);
    }

    [Fact]
    public void Parity_OfIdsWithOneOtherTokenInAConstraint_NamesTheConstraint()
    {
        using TempFolder folder = Prepared();
        RowModel model = RowModel.Load(_model, new RowOptions());
        Conversation source = ConversationReader.Read(folder["chat.jsonl"]).Single();
        ContextPolicy served = new()
        {
            Window = 600,
            History = new() { Turns = 4, Bite = 2 },
            Summary = new() { MaxTokens = 60 },
        };
        int[] mention = model.Tokenizer.Encode("Never mention prices.", addSpecialTokens: false).Ids;
        string row = Recorded(
            source,
            served,
            model,
            (call, ids) =>
            {
                int at = ids.AsSpan().IndexOf(mention.AsSpan(1, mention.Length - 2));
                Assert.True(at > 0);
                if (call == 12)
                {
                    ids[at + 1]++;
                }
            }
        );
        folder.Write("served.jsonl", row);

        MttResult result = Parity(folder, "served.jsonl");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("messages[12]: token ", result.Error);
        Assert.Contains("in constraint of messages[1]: trained", result.Error);
        Assert.Contains("ids equal at 11/12 calls", result.Error);
    }

    [Fact]
    public void Context_OfAHostedModel_TakesOverTheRecordedUsage()
    {
        using TempFolder folder = Prepared();
        JsonNode row = JsonNode.Parse(File.ReadAllText(folder["chat.jsonl"]))!;
        row["metadata"] = JsonNode.Parse("""{"turns": [{"answer": 2, "prompt_tokens": 90}, {"answer": 4}]}""");
        folder.Write("usage.jsonl", row.ToJsonString() + "\n");
        string[] hosted = ["--encoding", Path.Combine(_model, "tokenizer.json"), "--window", "4000"];

        JsonElement[] plain = Calls(folder, "chat.jsonl", hosted);
        JsonElement[] corrected = Calls(folder, "usage.jsonl", hosted);

        int off = 90 - plain[0].GetProperty("tokens").GetInt32();
        Assert.NotEqual(0, off);
        Assert.Equal(90, corrected[0].GetProperty("tokens").GetInt32());
        Assert.False(corrected[0].GetProperty("estimated").GetBoolean());
        Assert.True(corrected[1].GetProperty("estimated").GetBoolean());
        Assert.Equal(plain[1].GetProperty("tokens").GetInt32() + off, corrected[1].GetProperty("tokens").GetInt32());
    }

    private static JsonElement[] Calls(TempFolder folder, string file, string[] hosted)
    {
        MttResult result = MttProcess.Run(
            folder.Path,
            ["context", file, "--policy", "naive", "--format", "json", .. hosted]
        );
        Assert.Equal(0, result.ExitCode);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        return
        [
            .. json
                .RootElement.GetProperty("conversations")[0]
                .GetProperty("calls")
                .EnumerateArray()
                .Select(call => call.Clone()),
        ];
    }

    private static MttResult Parity(TempFolder folder, string file) =>
        MttProcess.Run(folder.Path, ["parity", file, "--policy", "policy.yaml", "--model", _model]);

    /// <summary>The conversation with the ids that a server under a policy asks its model with.</summary>
    private static string Recorded(
        Conversation source,
        ContextPolicy policy,
        RowModel model,
        Action<int, int[]>? change = null
    )
    {
        ContextAssembler assembler = new(new PolicyModel(policy, model), source);
        JsonArray turns = [];
        for (int i = 0; i < source.Messages.Count; i++)
        {
            if (source.Messages[i].Role == Role.Assistant)
            {
                int[] ids = assembler.Ids();
                change?.Invoke(i, ids);
                turns.Add(new JsonObject { ["answer"] = i, ["prompt_ids"] = JsonSerializer.SerializeToNode(ids) });
            }

            assembler.Append(source.Messages[i]);
        }

        JsonNode row = JsonNode.Parse(source.Json.GetRawText())!;
        row["metadata"] = new JsonObject { ["turns"] = turns };
        return row.ToJsonString() + "\n";
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

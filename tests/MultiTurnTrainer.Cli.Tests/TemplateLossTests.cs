using System.Text.Json;
using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What a template loses is refused or said, alike in every command that masks.</summary>
public class TemplateLossTests
{
    // Knows neither system messages nor tools.
    private const string Template =
        "{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const string WithSystem =
        """{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";

    private const string WithCall =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_1","content":"4"},{"role":"assistant","content":"four"}]}""";

    public static TheoryData<string> Commands =>
        [
            "mask in.jsonl --model model --output rows.jsonl",
            "inspect in.jsonl --model model",
            "score in.jsonl --model model",
            "validate in.jsonl --model model --fail-on never",
            "clean in.jsonl --model model --output cleaned.jsonl",
            "train --train in.jsonl --model model --output out --max-steps 1",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Run_MessageThatTheTemplateDrops_SaysSo(string command)
    {
        using TempFolder folder = new();
        WriteModel(folder);
        folder.Write("in.jsonl", WithSystem);

        MttResult result = MttProcess.Run(folder.Path, command.Split(' '));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("system-dropped", result.Out + result.Error);
        if (command.StartsWith("train", StringComparison.Ordinal))
        {
            Assert.Contains("system-dropped", File.ReadAllText(folder["out/report.html"]));
            JsonElement masked = JsonElement
                .Parse(File.ReadAllText(folder["out.manifest.json"]))
                .GetProperty("counts")
                .GetProperty("masked");
            Assert.Equal(1, masked.GetProperty("template_effects").GetProperty("system-dropped").GetInt32());
        }
    }

    [Theory]
    [InlineData("mask in.jsonl --model model --output rows.jsonl", 2)]
    [InlineData("score in.jsonl --model model", 2)]
    [InlineData("train --train in.jsonl --model model --output out --max-steps 1", 2)]
    [InlineData("inspect in.jsonl --model model", 1)]
    [InlineData("validate in.jsonl --model model --fail-on never", 0)]
    public void Run_AnswerThatTheTemplateDoesNotRender_IsRefused(string command, int code)
    {
        using TempFolder folder = new();
        WriteModel(folder);
        folder.Write("in.jsonl", WithCall);

        MttResult result = MttProcess.Run(folder.Path, command.Split(' '));

        Assert.Equal(code, result.ExitCode);
        Assert.Contains("calls-not-rendered", result.Out + result.Error);
    }

    [Fact]
    public void Mask_DropUnrenderedAnswers_KeepsTheConversationAndCountsTheAnswer()
    {
        using TempFolder folder = new();
        WriteModel(folder);
        folder.Write("in.jsonl", WithCall);
        const string command = "mask in.jsonl --model model --output rows.jsonl --drop-unrendered-answers";

        MttResult result = MttProcess.Run(folder.Path, command.Split(' '));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("answer-unrendered: the template did this to 1 message", result.Error);
        JsonElement counts = JsonElement
            .Parse(File.ReadAllText(folder["rows.jsonl.manifest.json"]))
            .GetProperty("counts");
        Assert.Equal(1, counts.GetProperty("template_effects").GetProperty("answer-unrendered").GetInt32());
        Assert.Equal(1, counts.GetProperty("rows").GetInt32());
    }

    [Theory]
    [InlineData("score in.jsonl --model model")]
    [InlineData("inspect in.jsonl --model model")]
    [InlineData("train --train in.jsonl --model model --output out --max-steps 1 --set lora.r=2")]
    [InlineData("clean in.jsonl --model model --output cleaned.jsonl")]
    public void Run_DropUnrenderedAnswers_LearnsOnlyTheAnswerThatIsRendered(string command)
    {
        using TempFolder folder = new();
        WriteModel(folder);
        folder.Write("in.jsonl", WithCall);

        MttResult result = MttProcess.Run(folder.Path, [.. command.Split(' '), "--drop-unrendered-answers"]);

        Assert.True(result.ExitCode == 0, result.Error);
        if (!command.StartsWith("clean", StringComparison.Ordinal))
        {
            Assert.Matches("\\b3 supervised", result.Out + result.Error);
            return;
        }

        Assert.Contains("left out: 1 answer_unrendered", result.Error);
        JsonElement record = JsonElement.Parse(Assert.Single(File.ReadAllLines(folder["cleaned.jsonl"])));
        Assert.Equal("four", record.GetProperty("completion").GetProperty("content").GetString());
    }

    [Fact]
    public void Mask_NamedTemplatesWithoutDefault_TakesTheChosenOne()
    {
        using TempFolder folder = new();
        WriteModel(folder, new JsonObject { ["chat"] = Template, ["rag"] = "{{ documents }}" });
        folder.Write("in.jsonl", WithSystem);
        const string command = "mask in.jsonl --model model --output rows.jsonl";

        MttResult without = MttProcess.Run(folder.Path, command.Split(' '));
        MttResult chosen = MttProcess.Run(folder.Path, [.. command.Split(' '), "--chat-template-name", "chat"]);

        Assert.Equal(2, without.ExitCode);
        Assert.Contains("chat, rag", without.Error);
        Assert.Contains("--chat-template-name", without.Error);
        Assert.True(chosen.ExitCode == 0, chosen.Error);
    }

    [Fact]
    public void Mask_FolderWithoutGenerationConfig_FindsTheStopTokenThatTheTemplatePrints()
    {
        using TempFolder folder = new();
        WriteModel(folder);
        File.Delete(folder["model/generation_config.json"]);
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["model/tokenizer_config.json"]))!.AsObject();
        config["eos_token"] = "<|endoftext|>";
        folder.Write("model/tokenizer_config.json", config.ToJsonString());
        folder.Write("in.jsonl", WithSystem);
        const string command = "mask in.jsonl --model model --output rows.jsonl";

        MttResult result = MttProcess.Run(folder.Path, command.Split(' '));

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("<|im_end|>", File.ReadAllText(folder["rows.jsonl.manifest.json"]));
    }

    // The tiny model with another template, or with several.
    private static void WriteModel(TempFolder folder, JsonObject? named = null)
    {
        PresetModel.Write(folder, Template);
        if (named is null)
        {
            return;
        }

        File.Delete(folder["model/chat_template.jinja"]);
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["model/tokenizer_config.json"]))!.AsObject();
        config["chat_template"] = new JsonArray([
            .. named.Select(pair => new JsonObject
            {
                ["name"] = pair.Key,
                ["template"] = pair.Value!.GetValue<string>(),
            }),
        ]);
        folder.Write("model/tokenizer_config.json", config.ToJsonString());
    }
}

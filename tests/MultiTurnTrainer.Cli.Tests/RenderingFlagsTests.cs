using System.CommandLine;
using System.Text.Json;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What a run says of rendering reaches the template in every command that renders.</summary>
public sealed class RenderingFlagsTests : IDisposable
{
    // Refuses to render without the variable, and ends answers with a token that the model's folder does not name first.
    private const string Template =
        "{% if mark is not defined %}{{ raise_exception('no mark') }}{% endif %}"
        + "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ mark }} {{ strftime_now('%Y') }} {{ m.content }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const string Row =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";
    private const string Kwargs = "--chat-template-kwargs";
    private const string Mark = """{"mark":"run"}""";

    private static readonly string[] _rendering = ["--template", "--chat-template-name", "--eot", "--now", Kwargs];

    private readonly TempFolder _folder = new();

    public RenderingFlagsTests()
    {
        PresetModel.Write(_folder, Template);
        _folder.Write("in.jsonl", Row);
        _folder.Write("pair.jsonl", """{"prompt":"hi","chosen":"hello","rejected":"no"}""");
        _folder.Write(
            "tasks.jsonl",
            """{"id":"t","family":"exact","question":"a b","shards":["a","b"],"answer":"x"}"""
        );
    }

    public static TheoryData<string> Commands =>
        [
            "mask in.jsonl --model model --output rows.jsonl",
            "render in.jsonl --model model",
            "inspect in.jsonl --model model",
            "score in.jsonl --model model",
            "generate in.jsonl --model model --max-new-tokens 1",
            "clean in.jsonl --model model --output cleaned.jsonl",
            "validate in.jsonl --model model",
            "stats in.jsonl --model model",
            "train --train in.jsonl --model model --output out --max-steps 1 --set lora.r=2",
            "evaluate tasks.jsonl --model model --modes full --runs 1 --max-new-tokens 1",
        ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Run_VariableOfTheRun_ReachesTheTemplate(string command)
    {
        string refusal = command.StartsWith("stats", StringComparison.Ordinal) ? "refused by the template" : "no mark";
        Assert.Contains(refusal, Said(command));
        Assert.DoesNotContain(refusal, Said(command, Kwargs, Mark));
    }

    [Fact]
    public void Mask_SettingRowAndRun_TheNearestWins()
    {
        _folder.Write("mtt.yaml", "rows:\n  chat_template_kwargs:\n    mark: file\n");
        Assert.Contains("file 2020 hi", Rendered());
        Assert.Contains("run 2020 hi", Rendered(Kwargs, Mark));
        _folder.Write("in.jsonl", Row[..^1] + ""","chat_template_kwargs":{"mark":"row"}}""");
        Assert.Contains("row 2020 hi", Rendered(Kwargs, Mark));
    }

    [Theory]
    [InlineData("messages")]
    [InlineData("tools")]
    [InlineData("add_generation_prompt")]
    [InlineData("bos_token")]
    [InlineData("eos_token")]
    public void Run_VariableThatTheConversationSays_IsRefusedEverywhere(string name)
    {
        string variables = $$"""{"{{name}}": 1}""";
        Assert.Contains(name, Refused("mask in.jsonl --model model --output rows.jsonl", Kwargs, variables));
        _folder.Write("mtt.yaml", $"rows:\n  chat_template_kwargs:\n    {name}: x\n");
        Assert.Contains(name, Refused("render in.jsonl --model model"));
        File.Delete(_folder["mtt.yaml"]);
        _folder.Write("in.jsonl", Row[..^1] + $$""","chat_template_kwargs":{{variables}}}""");
        Assert.Contains("MTT116", MttProcess.Run(_folder.Path, ["validate", "in.jsonl"]).Out);
        Assert.Contains(name, Refused("score in.jsonl --model model"));
    }

    [Fact]
    public void MaskAndTrain_VariableOfTheRun_StandsInManifestAndFingerprint()
    {
        string[] mark = [Kwargs, Mark];
        Ok("mask in.jsonl --model model --output rows.jsonl", mark);
        Assert.Equal(
            "run",
            Options("rows.jsonl.manifest.json").GetProperty("chat_template_kwargs").GetProperty("mark").GetString()
        );

        const string train = "train --train in.jsonl --model model --output out --max-steps 1 --set lora.r=2";
        Ok(train, mark);
        JsonElement rows = Options("out.manifest.json").GetProperty("rows");
        Assert.Equal("run", rows.GetProperty("chat_template_kwargs").GetProperty("mark").GetString());
        string other = Refused(
            train.Replace("--max-steps 1", "--max-steps 2") + " --resume",
            Kwargs,
            """{"mark":"other"}"""
        );
        Assert.Contains("rows.chat_template_kwargs", other);
    }

    [Fact]
    public void Mask_AnotherTemplateStopTokenAndDate_AreTaken()
    {
        _folder.Write("other.jinja", Template.Replace("<|im_end|>\n", "<|other|>").Replace("'%Y'", "'%d.%m.'"));
        string[] other = ["--template", "other.jinja", Kwargs, Mark, "--now", "2020-02-03"];
        const string mask = "mask in.jsonl --model model --output rows.jsonl";
        Assert.Contains("no-stop", Refused(mask, other));
        Assert.Contains("stop-not-one-token", Refused(mask, [.. other, "--eot", "<|other|>"]));
        Assert.Contains("03.02. hello", Ok("render in.jsonl --model model", other).Out);
    }

    [Fact]
    public void Mask_PreferencePairs_TakeTheSideThatIsNamed()
    {
        string[] mark = [Kwargs, Mark];
        Assert.Contains("--preference", Refused("mask pair.jsonl --model model --output rows.jsonl", mark));
        Assert.Contains(" hello", Ok("inspect pair.jsonl --model model --preference chosen", mark).Out);
        Assert.Contains(" no", Ok("inspect pair.jsonl --model model --set rows.preference=rejected", mark).Out);
    }

    /// <summary>Threads change no byte, whoever says how many.</summary>
    [Fact]
    public void Mask_ThreadsOfTheSettings_AreTakenAndChecked()
    {
        string[] mark = [Kwargs, Mark];
        Ok("mask in.jsonl --model model --output one.jsonl --set rows.threads=1", mark);
        Ok("mask in.jsonl --model model --output two.jsonl --threads 2", mark);
        Assert.Equal(File.ReadAllBytes(_folder["one.jsonl"]), File.ReadAllBytes(_folder["two.jsonl"]));
        Assert.Contains(
            "rows.threads: 0 is out of range",
            Refused("mask in.jsonl --model model --output three.jsonl --set rows.threads=0", mark)
        );
    }

    [Theory]
    [InlineData("render,inspect,mask,train,estimate,score,generate,clean,evaluate,review,shard,validate,stats", "")]
    [InlineData("render,inspect,mask,train,estimate,score,generate,clean,validate,stats,prepare", "--preference")]
    [InlineData("render,inspect,mask,train,estimate,score,clean,validate,stats", "--prompt-answers")]
    [InlineData("render,inspect,mask,train,estimate,score,clean,validate,stats", "--drop-unrendered-answers")]
    [InlineData("render,inspect,mask,train,estimate,score,validate,stats", "--roles --last --fields")]
    [InlineData(
        "inspect,mask,train,estimate,score",
        "--expand-turns --prompt-boundary --max-length --truncate --skip-refused"
    )]
    public void Commands_ThatDoTheSame_HaveTheSameFlags(string commands, string flags)
    {
        string[] expected = flags.Length == 0 ? _rendering : flags.Split(' ');
        foreach (string name in commands.Split(','))
        {
            Command command = MttCli.Root().Subcommands.Single(one => one.Name == name);
            Assert.Empty(
                expected.Except(command.Options.Select(option => option.Name)).Select(flag => $"{name} {flag}")
            );
        }
    }

    /// <summary>What shapes rows can be said on the command line and in the file, under the same name.</summary>
    [Fact]
    public void Train_OnConversations_HasEveryFlagOfMaskThatShapesRows()
    {
        string[] output =
        [
            "--output",
            "--force",
            "--show",
            "--html",
            "--html-rows",
            "--threads",
            "--profile",
            "--lock",
            "--shard",
        ];
        Command mask = MttCli.Root().Subcommands.Single(one => one.Name == "mask");
        Command train = MttCli.Root().Subcommands.Single(one => one.Name == "train");
        Assert.Empty(
            mask.Options.Select(option => option.Name).Except(output).Except(train.Options.Select(o => o.Name))
        );

        Dictionary<string, string> spelled = new()
        {
            ["last"] = "last_only",
            ["prompt_boundary"] = "split_at_boundary",
            ["truncate"] = "truncation",
        };
        string[] settings =
        [
            .. SettingsSections
                .Types["rows"]
                .GetProperties()
                .Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)),
        ];
        IEnumerable<string> flags = mask
            .Options.Select(option => option.Name[2..].Replace('-', '_'))
            .Except([
                "output",
                "force",
                "show",
                "html",
                "html_rows",
                "profile",
                "lock",
                "shard",
                "model",
                "config",
                "set",
                "print_config",
            ])
            .Select(flag => spelled.GetValueOrDefault(flag, flag));
        Assert.Empty(flags.Except(settings));
    }

    private string Rendered(params string[] more) =>
        Ok("render in.jsonl --model model", [.. more, "--now", "2020-01-15"]).Out;

    private JsonElement Options(string manifest) =>
        JsonElement.Parse(File.ReadAllText(_folder[manifest])).GetProperty("options");

    private MttResult Ok(string command, params string[] more)
    {
        MttResult result = MttProcess.Run(_folder.Path, [.. command.Split(' '), .. more]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    private string Refused(string command, params string[] more)
    {
        MttResult result = MttProcess.Run(_folder.Path, [.. command.Split(' '), .. more]);
        Assert.Equal(2, result.ExitCode);
        return result.Error;
    }

    private string Said(string command, params string[] more)
    {
        MttResult result = MttProcess.Run(_folder.Path, [.. command.Split(' '), .. more]);
        return result.Out + result.Error;
    }
}

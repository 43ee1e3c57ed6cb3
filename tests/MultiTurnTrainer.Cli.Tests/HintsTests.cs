using System.CommandLine;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What an error advises can be done: the command has the option, or the hint names the command that has it.</summary>
public sealed partial class HintsTests : IDisposable
{
    private const string Template =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    // Of programs that mtt speaks of, and of its own build.
    private static readonly string[] _foreign = ["--enable-lora", "--user", "--dataset"];
    private static readonly string[] _noHints = ["Pages", "Views", "Native", "Cuda", "Presets", "Sandboxes"];

    private static readonly Dictionary<string, HashSet<string>> _options = MttCli
        .Root()
        .Subcommands.ToDictionary(
            command => command.Name,
            command =>
                command
                    .Subcommands.Append(command)
                    .SelectMany(own => own.Options)
                    .Select(option => option.Name)
                    .Append("--verbose")
                    .Append("--help")
                    .ToHashSet()
        );

    private readonly TempFolder _folder = new();

    public HintsTests()
    {
        PresetModel.Write(_folder, Template);
        _folder.Write(
            "in.jsonl",
            """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"a"}]}"""
        );
        _folder.Write(
            "calls.jsonl",
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}"""
        );
        _folder.Write("pair.jsonl", """{"prompt":"q","chosen":"a","rejected":"b"}""");
        _folder.Write("questions.jsonl", """{"messages":[{"role":"user","content":"q"}]}""");
        _folder.Write("broken.jsonl", "{\"messages\":[{\"role\"\n");
        _folder.Write("taken.jsonl", "taken\n");
        _folder.Write(
            "tasks.jsonl",
            """{"id":"t","family":"exact","question":"a b","shards":["a","b"],"answer":"x"}"""
        );
        _folder.Write("open.jinja", Template.Replace("<|im_end|>", "", StringComparison.Ordinal));
        Directory.CreateDirectory(_folder["named"]);
        foreach (
            string path in Directory
                .EnumerateFiles(_folder["model"])
                .Where(path => !path.EndsWith(".jinja", StringComparison.Ordinal))
        )
        {
            File.Copy(path, Path.Combine(_folder["named"], Path.GetFileName(path)));
        }

        JsonObject config = JsonNode.Parse(File.ReadAllText(_folder["named/tokenizer_config.json"]))!.AsObject();
        config["chat_template"] = new JsonArray(
            new JsonObject { ["name"] = "one", ["template"] = Template },
            new JsonObject { ["name"] = "two", ["template"] = Template }
        );
        _folder.Write("named/tokenizer_config.json", config.ToJsonString());
    }

    public static TheoryData<string> Lines =>
        [
            "mask in.jsonl --model model",
            "mask in.jsonl --model model --output taken.jsonl",
            "mask calls.jsonl --model model --output out.jsonl",
            "mask questions.jsonl --model model --output out.jsonl",
            "mask pair.jsonl --model model --output out.jsonl",
            "mask in.jsonl --model named --output out.jsonl",
            "mask in.jsonl --model model --template open.jinja --output out.jsonl",
            "inspect in.jsonl --model named",
            "inspect broken.jsonl --model model",
            "inspect in.jsonl --model model --skip 9",
            "render in.jsonl",
            "render pair.jsonl --model model",
            "render in.jsonl --model named",
            "score calls.jsonl --model model",
            "score in.jsonl --model named",
            "generate pair.jsonl --model model",
            "generate in.jsonl --model named",
            "train --train calls.jsonl --model model --output out",
            "train --train in.jsonl --model model --output out --max-steps 1 --set train.warmup_steps=0 --resume",
            "train --train pair.jsonl --model model --output out",
            "train --train in.jsonl --model named --output out",
            "train --train in.jsonl --model model --output out --objective maigo",
            "estimate --train calls.jsonl --model model",
            "estimate --train in.jsonl --model named",
            "clean pair.jsonl --output out.jsonl",
            "clean in.jsonl --output taken.jsonl",
            "clean in.jsonl --output out.jsonl --model named",
            "validate pair.jsonl",
            "validate in.jsonl --fix",
            "stats in.jsonl --html taken.jsonl",
            "prepare in.jsonl --output out --split a=0.5,b=0.5",
            "evaluate in.jsonl --model model",
            "evaluate tasks.jsonl --model named",
            "evaluate tasks.jsonl --model model --output taken.jsonl",
            "review in.jsonl --output out",
            "shard in.jsonl --output taken.jsonl",
            "lint-template named",
            "merge --model model --adapter none --output out",
        ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public void Error_OptionThatItNames_BelongsToTheCommandOrToTheOneItNames(string line)
    {
        string[] args = line.Split(' ');
        MttResult result = MttProcess.Run(_folder.Path, args);
        string said = result.Error + (args[0] is "inspect" or "validate" or "lint-template" ? result.Out : "");
        Assert.NotEqual("", said);
        Assert.Empty(OptionName().Matches(said).Where(match => !IsKnown(match, args[0])).Select(match => match.Value));
    }

    /// <summary>Every option in any text of the program is one, and one of the command that is named before it.</summary>
    [Fact]
    public void Texts_OptionThatTheyName_Exists()
    {
        HashSet<string> all = [.. _options.Values.SelectMany(names => names), .. _foreign];
        List<string> wrong = [];
        foreach (
            string file in Directory.EnumerateFiles(
                Path.Combine(Repository.Root, "src"),
                "*.cs",
                SearchOption.AllDirectories
            )
        )
        {
            if (Array.Exists(_noHints, folder => file.Contains($"/{folder}/", StringComparison.Ordinal)))
            {
                continue;
            }

            foreach (
                string line in File.ReadLines(file)
                    .Where(line => line.Contains('"', StringComparison.Ordinal))
                    .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            )
            {
                wrong.AddRange(
                    OptionName()
                        .Matches(line)
                        .Where(match =>
                            match.Groups["command"] is { Success: true, Value: var name }
                            && _options.TryGetValue(name, out HashSet<string>? own)
                                ? !own.Contains(match.Groups["option"].Value)
                                : !all.Contains(match.Groups["option"].Value)
                        )
                        .Select(match => $"{Path.GetFileName(file)}: {match.Value}")
                );
            }
        }

        Assert.Empty(wrong);
    }

    private static bool IsKnown(Match match, string command)
    {
        string named = match.Groups["command"] is { Success: true } other ? other.Value : command;
        return _options.GetValueOrDefault(named, []).Contains(match.Groups["option"].Value);
    }

    // An option with the command before it, where one is named in the same clause.
    [GeneratedRegex(@"(?:mtt (?<command>[a-z-]+)[^.;:,\n""`]*?\s)?(?<![\w-])(?<option>--[a-z][a-z-]*[a-z])(?![\w-])")]
    private static partial Regex OptionName();
}

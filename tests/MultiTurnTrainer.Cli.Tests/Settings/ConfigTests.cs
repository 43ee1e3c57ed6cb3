using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests.Settings;

/// <summary>Where settings come from, which of them count, and what tells people so.</summary>
public sealed partial class ConfigTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Commands_All_HaveTheSettingsOptions()
    {
        string[] names = ["--config", "--set", "--print-config"];
        Assert.Empty(
            MttCli
                .Root()
                .Subcommands.SelectMany(command =>
                    names.Except(command.Options.Select(option => option.Name)).Select(name => $"{command.Name} {name}")
                )
        );
    }

    /// <summary>Defaults, file, environment, --set, flags: each wins over those before.</summary>
    [Fact]
    public void PrintConfig_OfTrain_SaysWhichCountsAndWhereItComesFrom()
    {
        _folder.Write("mtt.yaml", "train:\n  seed: 1\n  max_steps: 2\nlora:\n  r: 4\n");
        Dictionary<string, string> environment = new()
        {
            ["MTT_TRAIN__MAX_STEPS"] = "3",
            ["MTT_TRAIN__LEARNING_RATE"] = "0.5",
            ["MTT_LORA__TARGET_MODULES"] = "[q_proj, v_proj]",
        };
        string shown = Print(environment, "train", "--set", "train.learning_rate=0.25", "--epochs", "7");
        Assert.Contains("  seed: 1  # ", shown, StringComparison.Ordinal);
        Assert.Matches(@"\n  seed: 1  # \S*mtt\.yaml:2\n", shown);
        Assert.Contains("\n  max_steps: 3  # MTT_TRAIN__MAX_STEPS\n", shown, StringComparison.Ordinal);
        Assert.Contains("\n  learning_rate: 0.25  # --set\n", shown, StringComparison.Ordinal);
        Assert.Contains("\n  num_train_epochs: 7  # --epochs\n", shown, StringComparison.Ordinal);
        Assert.Contains(
            "\n  target_modules: [q_proj, v_proj]  # MTT_LORA__TARGET_MODULES\n",
            shown,
            StringComparison.Ordinal
        );
        Assert.Contains("\n  weight_decay: 0\n", shown, StringComparison.Ordinal);
        // A flag wins over --set.
        Assert.Contains(
            "seed: 9  # --seed",
            Print(environment, "train", "--seed", "9", "--set", "train.seed=8"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "mask --max-length 7 --roles user,tool",
        "max_length: 7  # --max-length",
        "roles: [user, tool]  # --roles"
    )]
    [InlineData(
        "mask --prompt-boundary merged --last",
        "split_at_boundary: false  # --prompt-boundary",
        "last_only: true  # --last"
    )]
    [InlineData("review --rounds 9 --budget-tokens 5", "rounds: 9  # --rounds", "    tokens: 5  # --budget-tokens")]
    [InlineData("clean --no-canonical-task", "canonical_task: false  # --no-canonical-task", "clean:")]
    [InlineData(
        "validate data --ignore MTT403 --quiet",
        "# beside the settings: --ignore MTT403\n",
        "# beside the settings: --quiet\n"
    )]
    [InlineData("explain --set lora.r=3", "r: 3  # --set", "train:")]
    [InlineData("sessions list --set lora.r=3", "r: 3  # --set", "sessions:")]
    public void PrintConfig_OfAnyCommand_HasItsFlags(string command, string first, string second)
    {
        string shown = Print([], command.Split(' '));
        Assert.Contains(first, shown, StringComparison.Ordinal);
        Assert.Contains(second, shown, StringComparison.Ordinal);
    }

    public static TheoryData<string> Leaves => [.. LeavesOf(MttCli.Root(), "").Select(leaf => leaf.Path)];

    /// <summary>Whatever is given stands there: as the origin of a setting, or beside the settings.</summary>
    [Theory]
    [MemberData(nameof(Leaves))]
    public void PrintConfig_OfACommandWithAllItsFlags_ShowsEachOfThem(string path)
    {
        Command leaf = LeavesOf(MttCli.Root(), "").Single(one => one.Path == path).Command;
        Option[] options =
        [
            .. leaf.Options.Where(option =>
                option is not System.CommandLine.Help.HelpOption
                && option.Name is not ("--config" or "--set" or "--print-config")
            ),
        ];
        MttResult result = Run([], [.. path.Split(' '), .. options.SelectMany(Words), "--print-config"]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.All(options, option => Assert.Matches($"(?m)# (beside the settings: )?{option.Name}( |$)", result.Out));
    }

    /// <summary>What is printed is a settings file that says the same.</summary>
    [Fact]
    public void Config_Printed_CanBeReadAgain()
    {
        string[] set =
        [
            "--set",
            "context.steps=[{when: {turns: 3}, do: [summarize_turns]}]",
            "--set",
            "context.persona.text='a: b # c'",
        ];
        string shown = Print([], ["config", .. set]);
        _folder.Write("again.yaml", shown);
        MttResult again = Run([], ["config", "--config", "again.yaml"]);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Equal(Mark().Replace(shown, ""), Mark().Replace(again.Out, ""));
        Assert.Contains("do: [summarize_turns]", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MTT_TRAIN__LEARNING_RAT", "1", "MTT_TRAIN__LEARNING_RAT: unknown key in train: 'learning_rat'")]
    [InlineData("MTT_TRIAN__SEED", "1", "MTT_TRIAN__SEED: unknown section: 'trian'")]
    [InlineData("MTT_TRAIN__SEED", "many", "MTT_TRAIN__SEED: train.seed: 'many' is not a whole number")]
    [InlineData("MTT_CONFIG", "none.yaml", "none.yaml: there is no such settings file")]
    public void Load_WrongVariable_IsNamed(string name, string value, string expected)
    {
        MttResult result = Run(new() { [name] = value }, ["config"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"error: {expected}", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileOfTheEnvironment_IsTakenUnlessTheCommandLineNamesOne()
    {
        _folder.Write("a.yaml", "lora:\n  r: 1\n");
        _folder.Write("b.yaml", "lora:\n  r: 2\n");
        Dictionary<string, string> environment = new() { ["MTT_CONFIG"] = "a.yaml" };
        Assert.Contains("r: 1  # a.yaml:2", Print(environment, "config"), StringComparison.Ordinal);
        Assert.Contains(
            "r: 2  # b.yaml:2",
            Print(environment, "config", "--config", "b.yaml"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Manifest_OfARunWithSettings_NamesTheFile()
    {
        PresetModel.Write(_folder);
        _folder.Write(
            "in.jsonl",
            """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]}"""
        );
        string yaml = _folder.Write("mtt.yaml", "rows:\n  max_length: 512\n");
        MttResult result = Run([], ["mask", "in.jsonl", "--model", "model", "--output", "rows.jsonl"]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("settings: ", result.Error, StringComparison.Ordinal);
        JsonElement settings = JsonElement
            .Parse(File.ReadAllText(_folder["rows.jsonl.manifest.json"]))
            .GetProperty("settings");
        Assert.Equal("mtt.yaml", settings.GetProperty("file").GetString());
        Assert.Equal(ContentHash.OfFile(yaml), settings.GetProperty("sha256").GetString());
    }

    /// <summary><c>MTT_UPDATE_DOCS=1</c> writes the file.</summary>
    [Fact]
    public void Schema_OfTheSettings_IsTheCommittedFileAndWhatIsPrinted()
    {
        string path = Path.Combine(Repository.Root, "docs/mtt.schema.json");
        if (Environment.GetEnvironmentVariable("MTT_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, SettingsSchema.Json());
        }

        Assert.Equal(SettingsSchema.Json(), File.ReadAllText(path));
        Assert.Equal(File.ReadAllText(path), Run([], ["config", "--schema"]).Out);
    }

    /// <summary>Every key that the program takes stands in the schema, with what it is.</summary>
    [Fact]
    public void Schema_Keys_AreThoseOfTheProgram()
    {
        JsonObject schema = JsonNode.Parse(SettingsSchema.Json())!.AsObject();
        foreach (string key in SettingsKeys.All)
        {
            JsonNode at = schema;
            foreach (string part in key.Split('.'))
            {
                JsonNode value = at["properties"]![part] ?? throw new Xunit.Sdk.XunitException($"no {key}");
                Assert.NotEqual("", value["description"]!.GetValue<string>());
                string? reference = value["anyOf"]![0]!["$ref"]?.GetValue<string>();
                at = reference is null ? value : schema["definitions"]![reference.Split('/')[^1]]!;
            }
        }
    }

    [Theory]
    [InlineData("mtt train --set train.learning_r", "train.learning_rate=")]
    [InlineData("mtt mask --set context.history.t", "context.history.turns=")]
    [InlineData("mtt explain MTT10", "MTT104")]
    [InlineData("mtt explain unknown-r", "unknown-role")]
    [InlineData("mtt validate --ignore MTT40", "MTT403")]
    [InlineData("mtt validate --target m", "mistral")]
    public void Completions_OfKeysAndCodes_AreGiven(string line, string expected)
    {
        MttResult result = Run([], [$"[suggest:{line.Length}]", line]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(expected, result.Out.Split('\n'));
    }

    private static IEnumerable<(string Path, Command Command)> LeavesOf(Command command, string path) =>
        command.Subcommands.Count == 0
            ? [(path, command)]
            : command.Subcommands.SelectMany(one => LeavesOf(one, $"{path} {one.Name}".Trim()));

    // A flag with a value that it takes: one of its words, else 1, which is a number, a name and a file.
    private static string[] Words(Option option)
    {
        if (option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool))
        {
            return [option.Name];
        }

        string? word = option
            .GetCompletions(System.CommandLine.Completions.CompletionContext.Empty)
            .Select(one => one.Label)
            .Concat((option.HelpName ?? "").Split('|').Where(name => name.All(char.IsAsciiLetterLower)))
            .FirstOrDefault(one => one.Length > 0);
        return
        [
            option.Name,
            option.Name switch
            {
                "--now" => "2026-01-15",
                "--chat-template-kwargs" => "{}",
                _ => word ?? "1",
            },
        ];
    }

    private string Print(Dictionary<string, string> environment, params string[] command)
    {
        MttResult result = Run(environment, command[0] == "config" ? command : [.. command, "--print-config"]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Out;
    }

    private MttResult Run(Dictionary<string, string> environment, string[] command) =>
        MttProcess.Run(_folder.Path, command, environment: environment);

    [GeneratedRegex("  # .*")]
    private static partial Regex Mark();
}

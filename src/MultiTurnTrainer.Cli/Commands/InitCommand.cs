using MultiTurnTrainer.Cli.Presets;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt init</c>: a starter project, the prompts of <c>mtt review</c>, or a model with random weights.</summary>
internal static class InitCommand
{
    private const string _help = """
        Write a starter project: a small model with its tokenizer, sample conversations, settings.

        Examples:
          mtt init --preset tiny my-project
          mtt init --preset tools my-project
          mtt init --prompts my-prompts
          mtt init --model-config config.json --tokenizer Qwen3-0.6B my-small-qwen

        The preset tools has conversations with tools and a template that renders them. --prompts writes the role prompts of mtt review, to edit and name in mtt.yaml. --model-config writes a model folder
        with random weights of that configuration, and copies a tokenizer and its chat template beside it.
        """;

    private static readonly Argument<string> _folder = new("DIR")
    {
        Description = "Where to write it.",
        DefaultValueFactory = _ => ".",
    };

    private static readonly Option<string> _preset = new("--preset")
    {
        Description = "The starter project.",
        DefaultValueFactory = _ => "tiny",
    };

    private static readonly Option<bool> _prompts = new("--prompts")
    {
        Description = "Write the prompts of mtt review instead.",
    };

    private static readonly Option<string?> _modelConfig = new("--model-config")
    {
        Description = "Write a randomly initialised model of this config.json instead.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        Description = "With --model-config: the folder whose tokenizer and chat template are copied.",
        HelpName = "DIR",
    };

    private static readonly Option<int> _seed = new Option<int>("--seed")
    {
        Description = "With --model-config: of the weights.",
    }.AtLeast(0);
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        _preset.AcceptOnlyFromAmong([.. Preset.Names]);
        Command command = new("init", _help) { _folder, _preset, _prompts, _modelConfig, _tokenizer, _seed, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string folder = parsed.GetValue(_folder)!;
        (IReadOnlyList<string> files, IReadOnlyList<string> next) = Write(parsed, folder);
        foreach (string file in files)
        {
            Console.Error.WriteLine(Printable.Of($"wrote {Path.Combine(folder, file)}"));
        }

        Console.Error.WriteLine("next:");
        foreach (string step in folder == "." ? next : [$"cd {Printable.Line(folder)}", .. next])
        {
            Console.Error.WriteLine($"  {step}");
        }

        return ExitCode.Done;
    }

    private static (IReadOnlyList<string> Files, IReadOnlyList<string> Next) Write(ParseResult parsed, string folder)
    {
        bool force = parsed.GetValue(_force);
        if (parsed.GetValue(_prompts))
        {
            return (PromptSet.WriteBuiltin(folder, force), NextSteps.OfPrompts);
        }

        if (parsed.GetValue(_modelConfig) is { } config)
        {
            ModelFactory.WriteFrom(config, folder, unchecked((ulong)parsed.GetValue(_seed)), force);
            string[] written =
            [
                "config.json",
                "model.safetensors",
                .. CopyTokenizer(parsed.GetValue(_tokenizer), folder),
            ];
            return (written, NextSteps.OfModel);
        }

        Preset preset = new(parsed.GetValue(_preset)!);
        preset.WriteTo(folder, force);
        return (preset.Files, NextSteps.OfProject(preset));
    }

    private static List<string> CopyTokenizer(string? from, string folder)
    {
        string[] names = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];
        List<string> copied = [];
        foreach (string name in names.Where(name => from is not null && File.Exists(Path.Combine(from, name))))
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(from!, name));
            OutputFile.WriteAllBytes(Path.Combine(folder, name), bytes, force: true);
            copied.Add(name);
        }

        return from is null || copied.Contains("tokenizer.json")
            ? copied
            : throw new MttException($"{from}: has no tokenizer.json", "Name a folder that holds one.");
    }
}

using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Builds the root command, runs it and maps what happened to an exit code.</summary>
internal static class MttCli
{
    private static readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "With an error, show where in mtt it arose.",
        Recursive = true,
    };

    private static readonly (string Name, Func<Command> Create)[] _commands =
    [
        ("init", InitCommand.Create),
        ("run", RunCommand.Create),
        ("validate", ValidateCommand.Create),
        ("explain", ExplainCommand.Create),
        ("diff", DiffCommand.Create),
        ("prepare", PrepareCommand.Create),
        ("stats", StatsCommand.Create),
        ("shard", ShardCommand.Create),
        ("clean", CleanCommand.Create),
        ("review", ReviewCommand.Create),
        ("pairs", PairsCommand.Create),
        ("render", RenderCommand.Create),
        ("tokenize", TokenizeCommand.Create),
        ("lint-template", LintTemplateCommand.Create),
        ("context", ContextCommand.Create),
        ("parity", ParityCommand.Create),
        ("mask", MaskCommand.Create),
        ("inspect", InspectCommand.Create),
        ("audit", AuditCommand.Create),
        ("import", ImportCommand.Create),
        ("estimate", EstimateCommand.Create),
        ("train", TrainCommand.Create),
        ("selftest", SelfTestCommand.Create),
        ("score", ScoreCommand.Create),
        ("generate", GenerateCommand.Create),
        ("evaluate", EvaluateCommand.Create),
        ("report", ReportCommand.Create),
        ("serve", ServeCommand.Create),
        ("chat", ChatCommand.Create),
        ("sessions", SessionsCommand.Create),
        ("merge", MergeCommand.Create),
        ("export", ExportCommand.Create),
        ("pull", PullCommand.Create),
        ("push", PushCommand.Create),
        ("setup", SetupCommand.Create),
        ("doctor", DoctorCommand.Create),
        ("config", ConfigCommand.Create),
        ("docs", DocsCommand.Create),
        ("completion", CompletionCommand.Create),
    ];

    // Commands that no setting shapes: what is given is checked all the same.
    private static readonly Dictionary<Command, SettingsOptions> _withoutSettings = [];

    /// <summary>Runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        // As everywhere else: mtt help, mtt help mask.
        args = args is ["help", .. var asked] ? [.. asked, "--help"] : args;
        RootCommand root = Root(args);
        if (args.Length == 0 || args[0].StartsWith('-'))
        {
            // The overview shows one sentence a command; a command's own help shows its examples too.
            foreach (Command command in root.Subcommands)
            {
                command.Description = FirstSentence(command.Description ?? "");
            }
        }

        if (args.Length == 0)
        {
            await root.Parse("--help").InvokeAsync(new InvocationConfiguration { Output = Console.Error });
            return ExitCode.Failed;
        }

        ParseResult parsed = root.Parse(args);
        (IReadOnlyList<string> problems, string hint) = ParseProblems.Of(parsed);
        if (problems.Count > 0)
        {
            foreach (string problem in problems)
            {
                Console.Error.WriteLine($"error: {Printable.Line(problem)}");
            }

            Console.Error.WriteLine($"  hint: {Printable.Line(hint)}");
            return ExitCode.Failed;
        }

        try
        {
            _withoutSettings.GetValueOrDefault(parsed.CommandResult.Command)?.Check(parsed);
            return await parsed.InvokeAsync(Configuration(parsed));
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception problem)
        {
            ErrorReport.Write(problem, parsed.GetValue(_verbose));
            if (MemoryShortage.IsBehind(problem))
            {
                ProcessEnd.Now(ExitCode.Failed);
            }

            return ExitCode.Failed;
        }
    }

    private static InvocationConfiguration Configuration(ParseResult parsed)
    {
        InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false };
        if (parsed.CommandResult.Command.Name == ServeCommand.Name)
        {
            // It watches for signals itself, and running answers may take longer to finish than the two seconds that others get.
            configuration.ProcessTerminationTimeout = null;
        }

        return configuration;
    }

    private static string FirstSentence(string description)
    {
        string paragraph = description.Split("\n\n")[0].ReplaceLineEndings(" ");
        int end = paragraph.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? paragraph : paragraph[..(end + 1)];
    }

    /// <summary>The commands' names, in the order of the overview.</summary>
    internal static IEnumerable<string> CommandNames => _commands.Select(command => command.Name);

    /// <summary>All commands with their options.</summary>
    internal static RootCommand Root() => Root(_commands.Select(command => command.Create));

    // A run of one command builds no other's options: that is a good part of the time of a short one.
    private static RootCommand Root(string[] args) =>
        Array.Find(_commands, command => args is [var name, ..] && command.Name == name) is { Create: { } create }
            ? Root([create])
            : Root();

    private static RootCommand Root(IEnumerable<Func<Command>> commands)
    {
        RootCommand root = new("Multi-turn fine-tuning: validate, prepare, mask, train.") { _verbose };
        root.Options.OfType<VersionOption>().Single().Action = new VersionText();
        foreach (Func<Command> create in commands)
        {
            Command command = create();
            if (command.Options.All(option => option.Name != "--set"))
            {
                SettingsOptions settings = new();
                settings.AddTo(command);
                _withoutSettings[command] = settings;
            }

            root.Add(command);
        }

        HelpNames.Apply(root);
        return root;
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli;

/// <summary>Builds the root command, runs it and maps what happened to an exit code.</summary>
internal static class MttCli
{
    private static readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "With an error, show where in mtt it arose.",
        Recursive = true,
    };

    /// <summary>Runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = Root();
        HelpNames.Apply(root);
        if (args.Length == 0 || args[0].StartsWith('-'))
        {
            // The overview shows one sentence a command; a command's own help shows its examples too.
            foreach (Command command in root.Subcommands)
            {
                command.Description = FirstSentence(command.Description ?? "");
            }
        }

        ParseResult parsed = root.Parse(args);
        string[] unknown = args.Contains("--") ? [] : [.. UnknownOptions(parsed)];
        if (parsed.Errors.Count > 0 || unknown.Length > 0)
        {
            IEnumerable<string> problems = parsed.Errors.Select(problem => problem.Message);
            foreach (string problem in unknown.Select(name => $"There is no option '{name}'.").Concat(problems))
            {
                Console.Error.WriteLine($"error: {problem}");
            }

            Console.Error.WriteLine($"  hint: {Hint(parsed, unknown)}");
            return ExitCode.Failed;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
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

    // The parser takes a mistyped option for the name of a file where the command takes any number of files.
    private static IEnumerable<string> UnknownOptions(ParseResult parsed) =>
        parsed
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .Where(value => value.Length > 1 && value[0] == '-');

    private static string Hint(ParseResult parsed, IEnumerable<string> unknown)
    {
        Command command = parsed.CommandResult.Command;
        IEnumerable<string> known = command.Subcommands.Concat<Symbol>(command.Options).Select(symbol => symbol.Name);
        string? near = unknown
            .Concat(parsed.UnmatchedTokens)
            .Select(word => Nearest.To(word, known))
            .FirstOrDefault(name => name is not null);
        string help = command is RootCommand ? "mtt --help" : $"mtt {command.Name} --help";
        return near is null ? help : $"did you mean '{near}'? {help}";
    }

    private static string FirstSentence(string description)
    {
        string paragraph = description.Split("\n\n")[0].ReplaceLineEndings(" ");
        int end = paragraph.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? paragraph : paragraph[..(end + 1)];
    }

    private static RootCommand Root() =>
        new("Multi-turn fine-tuning: validate, prepare, mask, train.")
        {
            _verbose,
            InitCommand.Create(),
            ValidateCommand.Create(),
            ExplainCommand.Create(),
            PrepareCommand.Create(),
            StatsCommand.Create(),
            ShardCommand.Create(),
            CleanCommand.Create(),
            ReviewCommand.Create(),
            RenderCommand.Create(),
            TokenizeCommand.Create(),
            LintTemplateCommand.Create(),
            MaskCommand.Create(),
            InspectCommand.Create(),
            EstimateCommand.Create(),
            TrainCommand.Create(),
            SelfTestCommand.Create(),
            ScoreCommand.Create(),
            GenerateCommand.Create(),
            EvaluateCommand.Create(),
            MergeCommand.Create(),
            SetupCommand.Create(),
            DoctorCommand.Create(),
        };
}

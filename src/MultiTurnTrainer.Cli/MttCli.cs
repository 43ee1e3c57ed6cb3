// Folder Cli: the executable: commands, errors, exit codes.
// Refuses to know: how anything is computed.
using MultiTurnTrainer.Cli.Commands;

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

    private static string FirstSentence(string description)
    {
        string paragraph = description.Split("\n\n")[0].ReplaceLineEndings(" ");
        int end = paragraph.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? paragraph : paragraph[..(end + 1)];
    }

    /// <summary>All commands with their options.</summary>
    internal static RootCommand Root()
    {
        RootCommand root = new("Multi-turn fine-tuning: validate, prepare, mask, train.")
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
            PairsCommand.Create(),
            RenderCommand.Create(),
            TokenizeCommand.Create(),
            LintTemplateCommand.Create(),
            ContextCommand.Create(),
            ParityCommand.Create(),
            MaskCommand.Create(),
            InspectCommand.Create(),
            AuditCommand.Create(),
            ImportCommand.Create(),
            EstimateCommand.Create(),
            TrainCommand.Create(),
            SelfTestCommand.Create(),
            ScoreCommand.Create(),
            GenerateCommand.Create(),
            EvaluateCommand.Create(),
            ServeCommand.Create(),
            ChatCommand.Create(),
            MergeCommand.Create(),
            PullCommand.Create(),
            PushCommand.Create(),
            SetupCommand.Create(),
            DoctorCommand.Create(),
            CompletionCommand.Create(),
        };
        HelpNames.Apply(root);
        return root;
    }
}

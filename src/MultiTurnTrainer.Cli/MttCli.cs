using System.CommandLine;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli;

/// <summary>Builds the root command, runs it and maps what happened to an exit code.</summary>
internal static class MttCli
{
    /// <summary>Runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = Root();
        if (args.Length == 0 || args[0].StartsWith('-'))
        {
            // The overview shows one line a command; a command's own help shows its examples too.
            foreach (Command command in root.Subcommands)
            {
                command.Description = command.Description?.Split('\n')[0];
            }
        }

        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors)
            {
                Console.Error.WriteLine($"error: {problem.Message}");
            }

            string name = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
            Console.Error.WriteLine($"  hint: mtt {name}--help");
            return ExitCode.Failed;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (MttException problem)
        {
            Console.Error.WriteLine($"error: {problem.Message}");
            if (problem.Remedy is not null)
            {
                Console.Error.WriteLine($"  hint: {problem.Remedy}");
            }

            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("interrupted");
            return ExitCode.Interrupted;
        }
    }

    private static RootCommand Root() =>
        new("Multi-turn fine-tuning: validate, prepare, mask, train.")
        {
            SetupCommand.Create(),
            DoctorCommand.Create(),
            InitCommand.Create(),
            ShardCommand.Create(),
            CleanCommand.Create(),
            ReviewCommand.Create(),
            TrainCommand.Create(),
            EstimateCommand.Create(),
            SelfTestCommand.Create(),
            RenderCommand.Create(),
            LintTemplateCommand.Create(),
            ValidateCommand.Create(),
            EvaluateCommand.Create(),
            ExplainCommand.Create(),
            PrepareCommand.Create(),
            StatsCommand.Create(),
            MaskCommand.Create(),
            InspectCommand.Create(),
            ScoreCommand.Create(),
            TokenizeCommand.Create(),
            MergeCommand.Create(),
            GenerateCommand.Create(),
        };
}

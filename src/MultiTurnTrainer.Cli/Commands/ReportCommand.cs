namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt report</c>: runs beside each other.</summary>
internal static class ReportCommand
{
    private const string _help = """
        Set runs beside each other: settings that differ, losses by turn and role, evaluations, cost, memory.

        Examples:
          mtt report adapter-1 adapter-2 adapter-3
          mtt report sweep --output table.html
          mtt report adapter-1 adapter-2 --samples
          mtt report sweep --sort eval_loss --filter lora.r=8 --filter 'seconds<600'
          mtt report runs/* scores/*.json --output table.csv --force
          mtt report sweep --mlflow http://localhost:5000 --experiment support

        RUN is a folder of mtt train or mtt run, a folder of such folders as mtt train --sweep writes, or a file of mtt evaluate --output,
        which is laid beside the run of its name. Runs that differ in nothing but their seed are one row: seeds are a column, a number is
        their mean ± half of its 95 % interval. --output writes .html, .csv and .md side by side.
        """;

    private static readonly Argument<string[]> _runs = new("RUN")
    {
        Description = "Folders of runs, folders of such folders, files of evaluations.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> _sort = new("--sort")
    {
        Description =
            "The column that orders the rows, the best first; default: the score of tasks, else the evaluation loss, else the loss.",
        HelpName = "COLUMN",
    };

    private static readonly Option<bool> _descending = new("--descending")
    {
        Description = "With --sort: the highest first.",
    };

    private static readonly Option<string[]> _filter = new("--filter")
    {
        Description = "Only rows for which this holds, repeatable: a column, one of = != < <= > >=, a value.",
        HelpName = "CONDITION",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the table is written to standard output.",
        "text",
        "text",
        "markdown",
        "csv"
    );

    private static readonly Option<bool> _samples = new("--samples")
    {
        Description = "After the table, what the runs answered to the same prompts before the training and after it.",
    };

    private static readonly Option<string?> _output = CommonOptions.Output(
        "Write the page with its table and pictures, and the table as .csv and .md beside it."
    );

    private static readonly Option<string?> _mlflow = new("--mlflow")
    {
        Description = "Also send the runs to this MLflow server, over its REST interface.",
        HelpName = "URL",
    };

    private static readonly Option<string> _experiment = new("--experiment")
    {
        Description = "With --mlflow: the experiment's name.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "mtt",
    };

    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("report", _help)
        {
            _runs,
            _sort,
            _descending,
            _filter,
            _format,
            _samples,
            _output,
            _mlflow,
            _experiment,
            _force,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        string[] paths = parsed.GetValue(_runs)!;
        List<RunFacts> runs = [.. paths.SelectMany(RunReader.Read)];
        ReportTable table = parsed
            .GetValue(_filter)!
            .Aggregate(RunTable.Of(runs), (rows, condition) => rows.Where(condition));
        string samples = parsed.GetValue(_samples) ? Samples(parsed.GetValue(_format)!, runs) : "";
        bool? descending = parsed.GetResult(_descending) is { Implicit: false } ? parsed.GetValue(_descending) : null;
        table = RunTables.Sorted(table, runs, parsed.GetValue(_sort), descending);
        Console.Out.Write(
            parsed.GetValue(_format) switch
            {
                "csv" => table.ToCsv(),
                "markdown" => table.ToMarkdown(),
                _ => table.ToText(),
            }
        );
        Console.Out.Write(samples);
        if (parsed.GetValue(_output) is { } output)
        {
            RunTables.Write(output, string.Join(", ", paths), table, runs, parsed.GetValue(_force));
        }

        if (parsed.GetValue(_mlflow) is { } server)
        {
            using MlflowLog log = new(server, TimeProvider.System);
            await log.SendAsync(parsed.GetValue(_experiment)!, runs, cancel);
            Console.Error.WriteLine(Printable.Of($"{Counted.Of(runs.Count, "run")} sent to {server}"));
        }

        return ExitCode.Done;
    }

    private static string Samples(string format, List<RunFacts> runs)
    {
        if (format == "csv")
        {
            throw new MttException("--samples is text, which a CSV file has no place for", "Leave out --format csv.");
        }

        return RunSamples.ToText(runs) is { Length: > 0 } text
            ? text
            : "\nno run has sample answers (train.report_samples)\n";
    }
}

using MultiTurnTrainer.Cli.Validation;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt stats</c>: what is in the data.</summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        Argument<string[]> inputs = new("INPUT")
        {
            Description = "Conversation files; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> model = CommonOptions.ModelFolder(
            "Model folder: counts the tokens of the rows that mtt mask makes, instead of characters."
        );
        Option<int?> maxLength = new Option<int?>("--max-length")
        {
            Description = "Show what whole-turn truncation to this length leaves.",
        }.AtLeast(1);
        Option<string?> preference = CommonOptions.Preference();
        Option<string> format = new("--format")
        {
            Description = "How the report is written.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        Option<string?> html = new("--html") { Description = "Write one self-contained page with plots." };
        Option<bool> force = CommonOptions.Force();
        Command command = new(
            "stats",
            """
            Show what is in the data: lengths, turns, what is supervised, tools, duplicates, findings.

            Examples:
              mtt stats train.jsonl
              mtt stats train.jsonl --model qwen3 --max-length 4096
              mtt stats train.jsonl --format json
              mtt stats train.jsonl --html stats.html
            """
        )
        {
            inputs,
            model,
            maxLength,
            preference,
            format,
            html,
            force,
        };
        command.SetAction(parsed =>
        {
            string? folder = parsed.GetValue(model);
            int? limit = parsed.GetValue(maxLength);
            string[] files = parsed.GetValue(inputs)!;
            OutputPaths.RefuseClash(files, parsed.GetValue(html));
            StatisticsOptions options = new()
            {
                Model = folder is null ? null : new ModelLimits(folder, limit),
                Measure = folder is null ? null : ModelLimits.Measure(folder, limit),
                MaxLength = limit,
                Truncate = Truncated,
                Preference = ValidateCommand.Side(parsed.GetValue(preference)),
            };
            using OutputFile? page = parsed.GetValue(html) is { } path
                ? OutputFile.Create(path, parsed.GetValue(force))
                : null;
            DatasetStatistics statistics = new StatisticsCollector(options).Run(files);
            page?.Stream.Write(Encoding.UTF8.GetBytes(StatisticsPage.Write(statistics, files)));
            page?.Commit();

            Console.Out.Write(
                parsed.GetValue(format) == "json" ? StatisticsJson.Write(statistics) : StatisticsTable.Write(statistics)
            );
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What dropping the oldest turns leaves, as <c>mtt mask</c> does it.</summary>
    private static int? Truncated(IReadOnlyList<Role> roles, IReadOnlyList<int> lengths, int limit)
    {
        IReadOnlyList<Turn> turns = Turn.Of(roles);
        return TurnTruncation.TurnsToDrop(turns, lengths, lengths.Sum(), limit) is { } dropped
            ? TurnTruncation.Kept(lengths.Count, turns, dropped).Sum(message => lengths[message])
            : null;
    }
}

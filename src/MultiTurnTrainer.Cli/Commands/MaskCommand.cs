namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt mask</c>: conversations to token rows with labels.</summary>
internal static class MaskCommand
{
    private const int MostThreads = 256;

    public static Command Create()
    {
        Argument<string[]> inputs = new("INPUT")
        {
            Description = "Conversation files; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> output = CommonOptions.Output("Token rows: a .parquet or .jsonl file.");
        Option<bool> force = CommonOptions.Force();
        Option<int> show = new Option<int>("--show") { Description = "Show the first rows in the terminal." }.AtLeast(
            0
        );
        Option<string?> html = new("--html") { Description = "Write the first rows as one self-contained page." };
        Option<int> htmlRows = new Option<int>("--html-rows")
        {
            Description = "How many rows the page shows.",
            DefaultValueFactory = _ => 20,
        }.AtLeast(1);
        Option<int?> threads = new Option<int?>("--threads")
        {
            Description = "Threads; the output never depends on it.",
        }.Between(1, MostThreads);
        Option<string> model = CommonOptions.Model(RowText.ModelNeeds);
        RowFlags flags = new();
        Command command = new(
            "mask",
            """
            Make token rows in which only the model's own words are supervised.

            The output has id, input_ids and labels (-100 = not supervised), and loss_weights where weights other than
            0 and 1 occur; a manifest is written beside it. A conversation whose mask cannot be proven right is refused.

            Examples:
              mtt mask chat.jsonl --model qwen3 --output rows.parquet
              mtt mask chat.jsonl --model qwen3 --show 3
              mtt mask chat.jsonl --model qwen3 --output rows.parquet --max-length 4096 --expand-turns --html rows.html
            """
        )
        {
            inputs,
            output,
            model,
            force,
            show,
            html,
            htmlRows,
            threads,
        };
        flags.AddTo(command);
        command.SetAction(parsed =>
        {
            UnfinishedFiles.RemoveOnSignals();
            OutputPaths.RefuseClash(parsed.GetValue(inputs)!, parsed.GetValue(output), parsed.GetValue(html));
            MaskRun run = new(parsed.GetValue(inputs)!, parsed.GetValue(model)!)
            {
                Output = parsed.GetValue(output),
                Html = parsed.GetValue(html),
                HtmlRows = parsed.GetValue(htmlRows),
                Show = parsed.GetValue(show),
                Force = parsed.GetValue(force),
            };
            RowOptions options = flags.Read(parsed) with
            {
                Threads = parsed.GetValue(threads) ?? Math.Min(Environment.ProcessorCount, MostThreads),
            };
            RowRun rows = run.Execute(() => Warned(RowModel.Load(parsed.GetValue(model)!, options)), options);
            if (run.Show > 0)
            {
                RowText.Write(Console.Error, Console.IsErrorRedirected, [.. rows.Views.Take(run.Show)]);
            }

            Console.Error.Write(Report(rows));
            return ExitCode.Done;
        });
        return command;
    }

    private static RowModel Warned(RowModel model)
    {
        foreach (string warning in model.Tokenizer.Warnings)
        {
            Console.Error.WriteLine($"warning: {warning}");
        }

        return model;
    }

    private static string Report(RowRun rows)
    {
        RowCounts counts = rows.Counts;
        double share = counts.Tokens == 0 ? 0 : (double)counts.SupervisedTokens / counts.Tokens;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Counted.Of(counts.Conversations, "conversation")}, {Counted.Of(counts.Rows, "row")}, {Counted.Of(counts.Tokens, "token")}, {counts.SupervisedTokens:N0} supervised ({share:P1}), longest {counts.LongestRow:N0}\n"
        );
        foreach (string line in counts.Lines)
        {
            text += $"  {line}\n";
        }

        if (counts.BoundaryTokens > 0)
        {
            text += string.Create(
                CultureInfo.InvariantCulture,
                $"  {Counted.Of(counts.BoundaryTokens, "token differs", "tokens differ")} between tokenizing prompt and answer apart and together\n"
            );
        }

        if (counts.GenerationDifferences > 0)
        {
            text += string.Create(
                CultureInfo.InvariantCulture,
                $"  {counts.GenerationDifferences} stretches differ from the template's own generation blocks, which never change the mask\n"
            );
        }

        return text;
    }
}

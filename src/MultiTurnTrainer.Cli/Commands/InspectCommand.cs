namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt inspect</c>: what is supervised of any row.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Argument<string[]> inputs = new("INPUT")
        {
            Description = "Conversations, or token rows (.parquet, .jsonl) that mtt mask made.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<int> count = new Option<int>("--rows")
        {
            Description = "How many rows to show.",
            DefaultValueFactory = _ => 3,
        }.AtLeast(1);
        Option<int> skip = new Option<int>("--skip") { Description = "How many rows to pass over first." }.AtLeast(0);
        Option<string?> html = new("--html") { Description = "Write one self-contained page instead." };
        Option<bool> force = CommonOptions.Force();
        Option<string> model = CommonOptions.Model(RowText.ModelNeeds);
        RowFlags flags = new();
        Command command = new(
            "inspect",
            """
            Show what is supervised: colour says where each token came from, reverse video that it is supervised.

            Examples:
              mtt inspect chat.jsonl --model qwen3
              mtt inspect chat.jsonl --model qwen3 --skip 41 --rows 1 --html row-42.html
              mtt inspect rows.parquet --model qwen3
            """
        )
        {
            inputs,
            model,
            count,
            skip,
            html,
            force,
        };
        flags.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetValue(inputs)!;
            using OutputFile? file = parsed.GetValue(html) is { } path
                ? OutputFile.Create(path, parsed.GetValue(force))
                : null;
            bool stored = Array.TrueForAll(paths, path => File.Exists(path) && TokenRowReader.IsTokenRows(path));
            RowOptions options = flags.Read(parsed);
            IEnumerable<RowView> all = stored
                ? RowInspection.OfTokenRows(paths, Tokenizer.Load(parsed.GetValue(model)!), parsed.GetValue(skip))
                : RowInspection.OfConversations(
                    paths,
                    RowModel.Load(parsed.GetValue(model)!, options),
                    options,
                    parsed.GetValue(skip)
                );
            RowView[] rows = [.. all.Take(parsed.GetValue(count))];
            if (rows.Length == 0)
            {
                throw new MttException("there are no rows to show", "Check --skip and the input.");
            }

            if (file is not null)
            {
                string heading = string.Join(", ", paths.Select(input => Path.GetFileName(input)));
                string page = HtmlView.Page(heading, rows, MaskSummaryLine.Of(rows), []);
                file.Stream.Write(System.Text.Encoding.UTF8.GetBytes(page));
                file.Commit();
                Console.Error.WriteLine($"wrote {parsed.GetValue(html)}");
            }
            else
            {
                RowText.Write(Console.Out, Console.IsOutputRedirected, rows);
            }

            return Array.Exists(rows, row => row.Fails) ? ExitCode.Findings : ExitCode.Done;
        });
        return command;
    }
}

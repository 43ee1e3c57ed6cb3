using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt mask</c>: conversations to token rows with labels.</summary>
internal static class MaskCommand
{
    private const string _help = """
        Make token rows in which only the model's own words are supervised.

        The output has id, input_ids and labels (-100 = not supervised), and loss_weights where weights other than
        0 and 1 occur; a manifest is written beside it. A conversation whose mask cannot be proven right is refused.

        Examples:
          mtt mask chat.jsonl --model qwen3 --output rows.parquet
          mtt mask chat.jsonl --model qwen3 --show 3
          mtt mask chat.jsonl --model qwen3 --lock masks.lock     in CI: mtt audit --lock masks.lock
          mtt mask chat.jsonl --model qwen3 --output rows.parquet --max-length 4096 --expand-turns --html rows.html
          mtt mask chat.jsonl --model qwen3 --output rows.jsonl --shard 3/8     part 3 of 0 to 7: rows-00003-of-00008.jsonl
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Conversation files; - is standard input."
    );
    private static readonly Option<string?> _output = CommonOptions.Output("Token rows: a .parquet or .jsonl file.");
    private static readonly Option<string> _model = CommonOptions.Model(RowText.ModelNeeds);
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly Option<string?> _lock = new("--lock")
    {
        Description = "Write a hash of each conversation's ids and mask, for mtt audit --lock to compare.",
        HelpName = "FILE",
    };
    private static readonly Option<int> _show = new Option<int>("--show")
    {
        Description = "Show the first rows in the terminal.",
    }.AtLeast(0);
    private static readonly Option<string?> _html = new("--html")
    {
        Description = "Write the first rows as one self-contained page.",
    };
    private static readonly Option<int> _htmlRows = CommonOptions.Number(
        "--html-rows",
        "How many rows the page shows.",
        20
    );
    private static readonly Option<int?> _threads = new Option<int?>("--threads")
    {
        Description = "Threads; the output never depends on it.",
    }.As<int?, RowOptions>(nameof(RowOptions.Threads));
    private static readonly Option<bool> _profile = new("--profile")
    {
        Description = "Say where the processor time went, stage by stage.",
    };
    private static readonly Option<string?> _shard = CommonOptions.ShardOption();
    private static readonly RowFlags _rows = new();

    public static Command Create()
    {
        Command command = new("mask", _help)
        {
            _inputs,
            _output,
            _model,
            _force,
            _lock,
            _show,
            _html,
            _htmlRows,
            _threads,
            _profile,
            _shard,
        };
        _rows.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        UnfinishedFiles.RemoveOnSignals();
        string[] inputs = RemoteInputs.Files(parsed.GetValue(_inputs)!, again: true);
        string folder = RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Tokenizer);
        string? lockPath = parsed.GetValue(_lock);
        Shard shard = CommonOptions.ShardOf(parsed, _shard);
        string? output = parsed.GetValue(_output) is { } rowsPath ? shard.PathOf(rowsPath) : null;
        string? html = parsed.GetValue(_html) is { } page ? shard.PathOf(page) : null;
        OutputPaths.RefuseClash(inputs, output, html, lockPath);
        if (lockPath is not null && shard.Count > 1)
        {
            throw new MttException(
                "--lock is of all rows, and --shard works on a part of them",
                "Lock in a run of its own, without --shard."
            );
        }

        MaskRun run = new(inputs, folder)
        {
            Output = output,
            Html = html,
            Shard = shard,
            HtmlRows = parsed.GetValue(_htmlRows),
            Show = parsed.GetValue(_show),
            Force = parsed.GetValue(_force),
            Profile = parsed.GetValue(_profile) ? new RunProfile() : null,
        };
        RowOptions options = _rows.Read(parsed);
        options = options with { Threads = parsed.GetValue(_threads) ?? options.Threads };
        if (lockPath is not null)
        {
            MaskLock locked = MaskLock.Of(inputs, folder, options);
            locked.Write(lockPath);
            Console.Error.WriteLine($"{Counted.Of(locked.Count, "conversation")} locked in {lockPath}");
            if (run is { Output: null, Html: null, Show: 0 })
            {
                return ExitCode.Done;
            }
        }

        RowRun rows = run.Execute(() => Warned(RowModel.Load(folder, options)), options);
        if (run.Show > 0)
        {
            RowText.Write(
                CleanWriter.Error,
                TerminalColour.IsWanted(Console.IsErrorRedirected),
                [.. rows.Views.Take(run.Show)]
            );
        }

        Console.Error.Write(Report(rows));
        if (run.Profile is { } profile)
        {
            Console.Error.Write(ProfileText.Of(profile));
        }

        return ExitCode.Done;
    }

    private static RowModel Warned(RowModel model)
    {
        foreach (string warning in model.Tokenizer.Warnings)
        {
            Console.Error.WriteLine(Printable.Of($"warning: {warning}"));
        }

        return model;
    }

    private static string Report(RowRun rows)
    {
        RowCounts counts = rows.Counts;
        double share = counts.Tokens == 0 ? 0 : (double)counts.SupervisedTokens / counts.Tokens;
        string text = Invariant(
            $"{Counted.Of(counts.Conversations, "conversation")}, {Counted.Of(counts.Rows, "row")}, {Counted.Of(counts.Tokens, "token")}, {counts.SupervisedTokens:N0} supervised ({share:P1}), longest {counts.LongestRow:N0}\n"
        );
        foreach (string line in counts.Lines)
        {
            text += $"  {Printable.Line(line)}\n";
        }

        if (counts.BoundaryTokens > 0)
        {
            text += Invariant(
                $"  {Counted.Of(counts.BoundaryTokens, "token differs", "tokens differ")} between tokenizing prompt and answer apart and together\n"
            );
        }

        if (counts.GenerationDifferences > 0)
        {
            text += Invariant(
                $"  {counts.GenerationDifferences} stretches differ from the template's own generation blocks, which never change the mask\n"
            );
        }

        return text;
    }
}

using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt shard</c>: single-prompt tasks into tasks that reveal themselves turn by turn.</summary>
internal static class ShardCommand
{
    private const string _help = """
        Cut tasks into shards that a user reveals turn by turn ("Lost in Conversation", arXiv 2505.06120).

        Examples:
          mtt shard gsm8k.jsonl --output tasks.jsonl --family math
          mtt shard gsm8k.jsonl --output tasks.json --exclude lost_in_conversation_math.json --max-characters 1200
          mtt shard gsm8k.jsonl --output tasks.jsonl --method model --endpoint http://localhost:8000/v1 --model qwen
          mtt shard lost_in_conversation_math.json --output tasks.jsonl     its own shards, in mtt's format
          mtt shard tasks.jsonl --output sft.jsonl --format sft     the supervised baseline on the same tasks

        The rules (offline) cut at sentences, else at connectives, and put the question first; the model segments,
        rephrases and verifies. An output named .json is a Lost-in-Conversation array, any other one object a line.
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Questions with or without answers, conversations, or sharded tasks."
    );

    private static readonly Option<string> _output = CommonOptions.Required(CommonOptions.Output("The sharded tasks."));

    private static readonly Option<ShardMethod?> _method = new("--method")
    {
        Description = "How tasks are cut; default: rules.",
    };
    private static readonly Option<string?> _family = new("--family")
    {
        Description = "Written for tasks that name none, such as math, actions or exact.",
    };

    private static readonly Option<ShardFormat?> _format = new("--format")
    {
        Description =
            "Lost-in-Conversation's array, mtt's lines, or conversations with the gold answer; default: by the output's name.",
    };

    private static readonly Option<int?> _maxCharacters = new Option<int?>("--max-characters")
    {
        Description = "Leave longer questions out.",
    }.As<int?, ShardSettings>(nameof(ShardSettings.MaxCharacters));

    private static readonly Option<bool> _reshard = new("--reshard")
    {
        Description = "Cut tasks anew that hold shards; without it they keep them, and only the format changes.",
    };

    private static readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Tasks whose questions must not appear, such as the evaluation set; repeatable.",
        HelpName = "FILE",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string[]> _endpoints = CommonOptions.Endpoints();

    private static readonly Option<string?> _model = CommonOptions.ServedModel();

    private static readonly Option<long?> _budgetRequests = CommonOptions.BudgetRequests();

    private static readonly Option<bool> _resume = CommonOptions.Resume();
    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly SettingsOptions _settings = new SettingsOptions()
        .Shows(_method, "shard.method")
        .Shows(_reshard, "shard.reshard")
        .Shows(_family, "shard.family")
        .Shows(_maxCharacters, "shard.max_characters")
        .Shows(_model, "shard.sharder.model")
        .Shows(_budgetRequests, "shard.run.budget.requests");
    private static readonly RowFlags _rows = new(RowUse.Rendering, _settings);

    public static Command Create()
    {
        Command command = new("shard", _help)
        {
            _inputs,
            _output,
            _method,
            _family,
            _format,
            _maxCharacters,
            _reshard,
            _exclude,
            _endpoints,
            _model,
            _budgetRequests,
            _resume,
            _force,
        };
        _rows.AddTo(command);
        _settings.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        SettingsFile file = _settings.Load(parsed);
        RowOptions rows = _rows.Read(parsed, file);
        string output = parsed.GetValue(_output)!;
        ShardJob job = new()
        {
            Settings = Overlay(parsed, file.Section<ShardSettings>("shard")),
            Inputs = RemoteInputs.Files(parsed.GetValue(_inputs)!, again: true),
            Output = output,
            Format =
                parsed.GetValue(_format)
                ?? (output.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ShardFormat.Lic : ShardFormat.Mtt),
            Exclude = parsed.GetValue(_exclude)!,
            Resume = parsed.GetValue(_resume),
            Force = parsed.GetValue(_force),
            LocalModel = folder => new LocalChatModel(folder, rows),
        };
        RunProgressLine progress = new("tasks");
        try
        {
            ShardReport report = await ShardRun.RunAsync(job, progress, cancellation);
            progress.End();
            Report(report, output);
            return report.Stopped is not null ? ExitCode.Stopped
                : report.Failed > 0 ? ExitCode.Findings
                : ExitCode.Done;
        }
        finally
        {
            progress.End();
        }
    }

    private static ShardSettings Overlay(ParseResult parsed, ShardSettings settings)
    {
        string[] urls = parsed.GetValue(_endpoints)!;
        return settings with
        {
            Method = parsed.GetValue(_method) ?? settings.Method,
            Reshard = parsed.GetValue(_reshard) || settings.Reshard,
            Family = parsed.GetValue(_family) ?? settings.Family,
            MaxCharacters = parsed.GetValue(_maxCharacters) ?? settings.MaxCharacters,
            Sharder = settings.Sharder with { Model = parsed.GetValue(_model) ?? settings.Sharder.Model },
            Run = settings.Run with
            {
                Endpoints = urls.Length == 0 ? settings.Run.Endpoints : ReviewCommand.Endpoints(urls),
                Budget = settings.Run.Budget with
                {
                    Requests = parsed.GetValue(_budgetRequests) ?? settings.Run.Budget.Requests,
                },
            },
        };
    }

    private static void Report(ShardReport report, string output)
    {
        TextWriter error = Console.Error;
        error.WriteLine(
            Printable.Of(
                $"{report.Sharded} of {Counted.Of(report.Tasks, "task")} sharded, {(report.Sharded == 0 ? 0 : (double)report.Shards / report.Sharded):0.0} shards each, in {output}{(report.Kept > 0 ? $"; {report.Kept} kept the shards they came with" : "")}"
            )
        );
        if (report.LeftOut.Count > 0)
        {
            error.WriteLine(
                Printable.Of(
                    $"left out: {string.Join(", ", report.LeftOut.Select(pair => $"{pair.Value} {pair.Key}"))}"
                )
            );
            foreach ((string id, string reason) in report.Examples)
            {
                error.WriteLine(Printable.Of($"  {id}: {reason}"));
            }
        }

        if (report.LeftOut.ContainsKey("failed"))
        {
            error.WriteLine("  hint: --resume tries the failed ones again");
        }

        if (report.Stopped is { } limit)
        {
            error.WriteLine(
                $"stopped at the limit of {limit}; {Counted.Of(report.Incomplete, "task is", "tasks are")} not finished"
            );
            error.WriteLine("  hint: raise the limit and run again with --resume");
        }
    }
}

using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt evaluate</c>: how much a model loses when a task unfolds over several turns.</summary>
internal static class EvaluateCommand
{
    private const string _help = """
        Put sharded tasks to a model in several ways and compare ("Lost in Conversation", arXiv 2505.06120).

        Examples:
          mtt evaluate tasks.jsonl --model model --adapter adapter
          mtt evaluate lost_in_conversation_math.json --model Qwen3-0.6B --modes full,sharded --runs 3 --limit 20
          mtt evaluate refine.jsonl --model model --modes refine,wrong-hint-user --output refine.json

        Shards are revealed verbatim in their stored order, one a turn, so no model plays the user. "any" counts a
        correct reply at any turn (the published score), "last" only the last reply. A is the mean over tasks of the 90th
        percentile over runs, U that of the 90th less the 10th, with linear interpolation.
        """;

    private static readonly Table _scores = new(
        "{0,-22}{1,8:F1}{2,8:F1}{3,8:F1}   {4,8:F1}{5,8:F1}{6,8:F1}",
        ["", "any", "A", "U", "last", "A", "U"]
    );

    private static readonly Argument<string> _tasks = new("TASKS")
    {
        Description = "Sharded tasks, .json or .jsonl; see mtt shard.",
    };

    private static readonly Option<string> _modes = new("--modes")
    {
        Description = "Some of full, concat, sharded, recap, snowball, refine, wrong-hint-assistant, wrong-hint-user.",
        DefaultValueFactory = _ => "full,concat,sharded",
    };

    private static readonly Option<int> _runs = CommonOptions.Number("--runs", "Runs of each task.", 10);

    private static readonly Option<int?> _limit = new Option<int?>("--limit")
    {
        Description = "Only the first tasks.",
    }.AtLeast(1);
    private static readonly Option<double> _temperature = CommonOptions.Number(
        "--temperature",
        "0 takes the likeliest token.",
        1.0,
        least: 0
    );

    private static readonly Option<int> _maxNewTokens = CommonOptions.Number(
        "--max-new-tokens",
        "The most tokens of a reply.",
        1000
    );

    private static readonly Option<int> _seed = new Option<int>("--seed") { Description = "Seeds the draws." }.AtLeast(
        0
    );
    private static readonly Option<int> _batchSize = CommonOptions.Number(
        "--batch-size",
        "Dialogues answered together.",
        64
    );

    private static readonly Option<string?> _output = CommonOptions.Output("Write scores and every dialogue as JSON.");

    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly ModelOptions _model = new();

    public static Command Create()
    {
        Command command = new("evaluate", _help)
        {
            _tasks,
            _modes,
            _runs,
            _limit,
            _temperature,
            _maxNewTokens,
            _seed,
            _batchSize,
            _output,
            _force,
        };
        _model.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static GenerationOptions Generation(ParseResult parsed) =>
        new()
        {
            Temperature = parsed.GetValue(_temperature),
            MaxNewTokens = parsed.GetValue(_maxNewTokens),
            BatchSize = parsed.GetValue(_batchSize),
        };

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        GenerationOptions generation = Generation(parsed);
        LocalModelOptions choice = _model.Read(parsed);
        IReadOnlyList<ShardedTask> tasks = ShardedTaskReader.Read(
            RemoteInputs.SingleFile(parsed.GetValue(_tasks)!, again: true)
        );
        EvaluationJob job = new(
            [.. tasks.Take(parsed.GetValue(_limit) ?? tasks.Count)],
            [.. parsed.GetValue(_modes)!.Split(',').Select(ReadMode)],
            parsed.GetValue(_runs),
            parsed.GetValue(_seed)
        );
        EvaluationRun.Check(job);

        // A taken name shows before the dialogues, not after them.
        using OutputFile? file = parsed.GetValue(_output) is { } path
            ? OutputFile.Create(path, parsed.GetValue(_force))
            : null;
        IVerifier verifier = Verifiers.For(job.Tasks);
        using LocalDialogueModel model = LocalDialogueModel.Load(choice, generation);
        Console.Out.WriteLine(_scores.Head);
        EvaluationResult result = await EvaluationRun.ExecuteAsync(job, verifier, model, WriteMode, cancel);
        Console.Error.WriteLine(SpeedText.Of(result.Replies, model.Speed));
        if (file is not null)
        {
            EvaluationJson.Write(file.Stream, result);
            file.Commit();
            WriteManifest(parsed, choice, file.Path, generation, job.Tasks.Count);
        }

        return ExitCode.Done;
    }

    private static void WriteMode(ModeResult result) =>
        Console.Out.WriteLine(
            _scores.Line(
                EvaluationJson.Name(result.Mode),
                result.AnyAttempt.Mean,
                result.AnyAttempt.Aptitude,
                result.AnyAttempt.Unreliability,
                result.LastTurn.Mean,
                result.LastTurn.Aptitude,
                result.LastTurn.Unreliability
            )
        );

    private static void WriteManifest(
        ParseResult parsed,
        LocalModelOptions model,
        string output,
        GenerationOptions generation,
        int tasks
    )
    {
        Manifest manifest = new("evaluate");
        manifest.AddInput("tasks", parsed.GetValue(_tasks)!);
        manifest.AddInput("model", Path.Combine(model.Folder, "config.json"));
        foreach (
            string path in model.Adapter is { } adapter
                ? Directory.EnumerateFiles(adapter, "adapter_*").Order(StringComparer.Ordinal)
                : Enumerable.Empty<string>()
        )
        {
            manifest.AddInput("adapter", path);
        }

        manifest.Options["modes"] = parsed.GetValue(_modes);
        manifest.Options["runs"] = parsed.GetValue(_runs);
        manifest.Options["seed"] = parsed.GetValue(_seed);
        manifest.Options["temperature"] = generation.Temperature;
        manifest.Options["rows"] = model.Rows.Described();
        manifest.Options["max_new_tokens"] = generation.MaxNewTokens;
        manifest.Counts["tasks"] = tasks;
        manifest.AddOutput(output);
        manifest.WriteBeside(output);
    }

    private static SimulationMode ReadMode(string name) =>
        Enum.GetValues<SimulationMode>()
            .Where(mode => EvaluationJson.Name(mode) == name.Trim())
            .Cast<SimulationMode?>()
            .FirstOrDefault()
        ?? throw new MttException(
            $"--modes {name}: is not known",
            $"One of {string.Join(", ", Enum.GetValues<SimulationMode>().Select(EvaluationJson.Name))}."
        );
}

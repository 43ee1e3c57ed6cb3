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
          mtt evaluate refine.jsonl --model model --modes refine,contradicted-rightly,contradicted-wrongly --output refine.json
          mtt evaluate tasks.jsonl --model model --modes sharded,cleaned,padded:20
          mtt evaluate --compare base-1.json base-2.json tuned-1.json tuned-2.json --output table.json

        Shards are revealed verbatim in their stored order, one a turn, so no model plays the user. "any" counts a
        correct reply at any turn (the published score), "last" only the last reply. A is the mean over tasks of the 90th
        percentile over runs, U that of the 90th less the 10th, with linear interpolation. "first" is the turn of the first
        answer, "answers" their number, "copied" the share of the last reply that stands in a wrong reply of the model's own.
        "cleaned" takes the model's own replies out before each turn; "padded:N" puts N turns of small talk between the
        shards. After a contradiction the last reply counts: accepted where the user was right, resisted where not.

        --compare sets evaluations of several models and seeds beside each other: those of one --name are one method, the
        first is what the others are compared with, paired by seed and task.
        """;

    private static readonly Table _scores = new(
        "{0,-22}{1,7:F1}{2,7:F1}{3,7:F1}  {4,7:F1}{5,7:F1}{6,7:F1}  {7,6:F1}{8,8:F1}{9,8:F1}{10,7:P0}",
        ["", "any", "A", "U", "last", "A", "U", "first", "answers", "tokens", "copied"]
    );

    private static readonly Argument<string?> _tasks = new("TASKS")
    {
        Description = "Sharded tasks, .json or .jsonl; see mtt shard.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> _compare = new("--compare")
    {
        Description = "Compare evaluations that --output wrote, in place of evaluating.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> _name = new("--name")
    {
        Description = "What comparisons call this evaluation; default: the adapter's folder, or the model's.",
        HelpName = "TEXT",
    };

    private static readonly Option<string> _modes = new("--modes")
    {
        Description = $"Some of {string.Join(", ", SimulationChoice.Names)}.",
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

    private static readonly Option<string?> _output = CommonOptions.Output(
        "Write scores and every dialogue as JSON; with --compare the comparison, as .json, .md and .html side by side."
    );

    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly ModelOptions _model = new(needed: false);

    public static Command Create()
    {
        Command command = new("evaluate", _help)
        {
            _tasks,
            _compare,
            _modes,
            _runs,
            _limit,
            _temperature,
            _maxNewTokens,
            _seed,
            _batchSize,
            _name,
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
        if (parsed.GetValue(_compare) is { Length: > 0 } compared)
        {
            return Compare(parsed, compared);
        }

        if (parsed.GetValue(_tasks) is not { } path)
        {
            throw new MttException("no tasks to evaluate", "Name a file of sharded tasks, or --compare FILE….");
        }

        GenerationOptions generation = Generation(parsed);
        LocalModelOptions choice = _model.Read(parsed);
        IReadOnlyList<ShardedTask> tasks = ShardedTaskReader.Read(RemoteInputs.SingleFile(path, again: true));
        EvaluationJob job = new(
            [.. tasks.Take(parsed.GetValue(_limit) ?? tasks.Count)],
            [.. parsed.GetValue(_modes)!.Split(',').Select(ReadMode)],
            parsed.GetValue(_runs),
            parsed.GetValue(_seed)
        );
        EvaluationRun.Check(job);

        // A taken name shows before the dialogues, not after them.
        using OutputFile? file = parsed.GetValue(_output) is { } output
            ? OutputFile.Create(output, parsed.GetValue(_force))
            : null;
        FamilyVerifier verifier = FamilyVerifier.For(job.Tasks, new VerifierOptions());
        using LocalDialogueModel model = LocalDialogueModel.Load(choice, generation);
        Console.Out.WriteLine(_scores.Head);
        EvaluationResult result = await EvaluationRun.ExecuteAsync(job, verifier, model, WriteMode, cancel);
        Console.Error.WriteLine(SpeedText.Of(result.Replies, model.Speed));
        if (file is not null)
        {
            EvaluationJson.Write(file.Stream, result, parsed.GetValue(_name) ?? NameOf(choice));
            file.Commit();
            WriteManifest(parsed, choice, file.Path, generation, job.Tasks.Count);
        }

        return ExitCode.Done;
    }

    private static string NameOf(LocalModelOptions model) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Adapter ?? model.Folder)));

    private static int Compare(ParseResult parsed, string[] paths)
    {
        MethodComparison comparison = MethodComparison.Of([.. paths.Select(EvaluationFile.ReadScores)]);
        string markdown = ComparisonReport.ToMarkdown(comparison);
        Console.Out.Write(markdown);
        if (parsed.GetValue(_output) is { } path)
        {
            using OutputFile json = OutputFile.Create(Path.ChangeExtension(path, ".json"), parsed.GetValue(_force));
            using OutputFile text = OutputFile.Create(Path.ChangeExtension(path, ".md"), parsed.GetValue(_force));
            using OutputFile page = OutputFile.Create(Path.ChangeExtension(path, ".html"), parsed.GetValue(_force));
            json.Stream.Write(ComparisonReport.ToJson(comparison));
            text.Stream.Write(Encoding.UTF8.GetBytes(markdown));
            page.Stream.Write(Encoding.UTF8.GetBytes(ComparisonReport.ToHtml(comparison)));
            json.Commit();
            text.Commit();
            page.Commit();
        }

        return ExitCode.Done;
    }

    private static void WriteMode(ModeResult result)
    {
        Console.Out.WriteLine(
            _scores.Line(
                result.Choice.Name,
                result.AnyAttempt.Mean,
                result.AnyAttempt.Aptitude,
                result.AnyAttempt.Unreliability,
                result.LastTurn.Mean,
                result.LastTurn.Aptitude,
                result.LastTurn.Unreliability,
                result.Behaviour.FirstAttempt,
                result.Behaviour.Attempts,
                result.Behaviour.Tokens,
                result.Behaviour.CopiedShare
            )
        );
        if (result.Contradiction is { } contradiction)
        {
            string word = result.Choice.Mode == SimulationMode.ContradictedRightly ? "accepted" : "resisted";
            string recovery = contradiction.RecoveryTurn is { } turn
                ? Invariant($", first right reply at turn {turn:F1} after it")
                : "";
            Console.Out.WriteLine(
                Invariant(
                    $"  {word} in {contradiction.Right:P1} of {Counted.Of(contradiction.Counted, "dialogue")}{recovery}"
                )
            );
        }
    }

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

    private static SimulationChoice ReadMode(string name) =>
        SimulationChoice.TryParse(name.Trim(), out SimulationChoice? choice)
            ? choice.Value
            : throw new MttException(
                $"--modes {name}: is not known",
                $"One of {string.Join(", ", SimulationChoice.Names)}; N is 1 to {SimulationChoice.MostSmallTalk}."
            );
}

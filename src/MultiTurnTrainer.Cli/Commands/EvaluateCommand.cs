using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

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
          mtt evaluate mmlu-pro.parquet --model model --modes full --runs 1 --limit 100
          mtt evaluate math.json --endpoint http://localhost:8000/v1 --model qwen --user-model gpt-4o-mini --output q.json
          mtt evaluate math.json --replay q.json.journal --output again.json
          mtt evaluate sessions.jsonl --model model --modes full,sharded --policy support
          mtt evaluate --compare base-1.json base-2.json tuned-1.json tuned-2.json --output table.json

        Shards are revealed verbatim in their stored order, one a turn, so no model plays the user. "any" counts a
        correct reply at any turn (the published score), "last" only the last reply. A is the mean over tasks of the 90th
        percentile over runs, U that of the 90th less the 10th, with linear interpolation. "first" is the turn of the first
        answer, "answers" their number, "copied" the share of the last reply that stands in a wrong reply of the model's own.
        "cleaned" takes the model's own replies out before each turn; "padded:N" puts N turns of small talk between the
        shards. After a contradiction the last reply counts: accepted where the user was right, resisted where not.

        With --endpoint, models behind servers play the assistant, and with --user-model and --verifier-model the user, and
        who says what a reply is and takes its answer out. Every call is in the journal beside --output: --resume goes on
        after anything, --replay makes the same table without a model.

        --compare sets evaluations of several models and seeds beside each other: those of one --name are one method, the
        first is what the others are compared with, paired by seed and task.
        """;

    private static readonly EvaluateSettings _standard = new();

    private static readonly Argument<string?> _tasks = new("TASKS")
    {
        Description = "Sharded tasks (.json, .jsonl; see mtt shard), MMLU-Pro's .parquet, or exported sessions.",
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

    private static readonly Option<string?> _modes = new("--modes")
    {
        Description = $"Some of {string.Join(", ", SimulationChoice.Names)}; default: {_standard.Modes}.",
    };

    private static readonly Option<int?> _runs = new Option<int?>("--runs")
    {
        Description = Invariant($"Runs of each task; default: {_standard.Runs}."),
    }.AtLeast(1);

    private static readonly Option<int?> _limit = new Option<int?>("--limit")
    {
        Description = "Only the first tasks.",
    }.AtLeast(1);
    private static readonly Option<double?> _temperature = new Option<double?>("--temperature")
    {
        Description = Invariant($"0 takes the likeliest token; default: {_standard.Assistant.Temperature}."),
    }.AtLeast(0);

    private static readonly Option<int?> _maxNewTokens = new Option<int?>("--max-new-tokens")
    {
        Description = Invariant($"The most tokens of a reply; default: {_standard.Assistant.MaxTokens}."),
    }.AtLeast(1);

    private static readonly Option<int?> _seed = new Option<int?>("--seed")
    {
        Description = "Seeds the draws.",
    }.AtLeast(0);
    private static readonly Option<int?> _batchSize = new Option<int?>("--batch-size")
    {
        Description = Invariant($"Dialogues answered together; default: {_standard.BatchSize}."),
    }.AtLeast(1);

    private static readonly Option<string?> _output = CommonOptions.Output(
        "Write scores and every dialogue as JSON; with --compare the comparison, as .json, .md, .csv and .html side by side."
    );

    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly Option<string[]> _endpoints = CommonOptions.Endpoints();

    private static readonly Option<string?> _userModel = new("--user-model")
    {
        Description = "A model that plays the user in its own words; default: the shards word for word.",
        HelpName = "NAME|DIR",
    };

    private static readonly Option<string?> _verifierModel = new("--verifier-model")
    {
        Description = "A model that classifies replies and takes the answer out; default: rules.",
        HelpName = "NAME|DIR",
    };

    private static readonly Option<int?> _maxTurns = new Option<int?>("--max-turns")
    {
        Description = "The most replies of a dialogue with --user-model; default: twice the shards and four.",
    }.As<int?, EvaluateSettings>(nameof(EvaluateSettings.MaxTurns));

    private static readonly Option<int?> _concurrency = new Option<int?>("--concurrency")
    {
        Description = "Dialogues in flight at the endpoints.",
    }.As<int?, EvaluateSettings>(nameof(EvaluateSettings.Concurrency));

    private static readonly Option<string?> _replay = new("--replay")
    {
        Description = "Make the table of a journal again, without a model.",
        HelpName = "JOURNAL",
    };

    private static readonly Option<string?> _databases = new("--databases")
    {
        Description = "Spider's databases, {db_id}/*.sqlite; default: databases made from each task's schema.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> _allowCode = new("--allow-code-execution")
    {
        Description = "Run programs that the model writes, in a sandbox, to score code tasks.",
    };

    private static readonly Option<bool> _likelihood = new("--likelihood")
    {
        Description = "Choice tasks: take the likeliest letter in place of a written answer.",
    };

    private static readonly Option<bool> _resume = CommonOptions.Resume();
    private static readonly Option<string?> _policy = CommonOptions.Policy();
    private static readonly BudgetOptions _budget = new("evaluate");
    private static readonly SettingsOptions _settings = _budget
        .ShowIn(new SettingsOptions())
        .Shows(_modes, "evaluate.modes")
        .Shows(_runs, "evaluate.runs")
        .Shows(_limit, "evaluate.limit")
        .Shows(_temperature, "evaluate.assistant.temperature")
        .Shows(_maxNewTokens, "evaluate.assistant.max_tokens")
        .Shows(_seed, "evaluate.seed")
        .Shows(_batchSize, "evaluate.batch_size")
        .Shows(_userModel, "evaluate.user.model")
        .Shows(_verifierModel, "evaluate.verifier.model")
        .Shows(_maxTurns, "evaluate.max_turns")
        .Shows(_concurrency, "evaluate.concurrency");
    private static readonly ModelOptions _model = new(needed: false, settings: _settings);

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
            _endpoints,
            _userModel,
            _verifierModel,
            _maxTurns,
            _concurrency,
            _policy,
            _databases,
            _allowCode,
            _likelihood,
            _replay,
            _resume,
            _output,
            _force,
        };
        _budget.AddTo(command);
        _model.AddTo(command);
        _settings.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static GenerationOptions Generation(EvaluateSettings settings) =>
        new()
        {
            Temperature = settings.Assistant.Temperature,
            MaxNewTokens = settings.Assistant.MaxTokens,
            BatchSize = settings.BatchSize,
        };

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        if (parsed.GetValue(_compare) is { Length: > 0 } compared)
        {
            return Compare(parsed, compared);
        }

        SettingsFile file = _settings.Load(parsed);
        EvaluateSettings settings = Overlay(parsed, file.Section<EvaluateSettings>("evaluate"));
        string path =
            settings.Tasks
            ?? throw new MttException("no tasks to evaluate", "Name a file of sharded tasks, or --compare FILE….");
        string tasks = RemoteInputs.SingleFile(path, again: true);
        IReadOnlyList<ShardedTask> all = ShardedTaskReader.Read(tasks);
        EvaluationJob job = parsed.GetValue(_replay) is { } journal
            ? LiveHeader.Read(journal).JobOver(all)
            : new EvaluationJob(
                [.. all.Take(settings.Limit ?? all.Count)],
                [.. settings.Modes.Split(',').Select(mode => SimulationChoice.Parse(mode.Trim()))],
                settings.Runs,
                settings.Seed
            );
        FamilyVerifier verifier = FamilyVerifier.For(
            job.Tasks,
            new VerifierOptions
            {
                Databases = parsed.GetValue(_databases),
                AllowCodeExecution = parsed.GetValue(_allowCode),
            }
        );
        List<string> leftOut = [];
        job = EvaluationRun.Check(job, verifier, (task, reason) => leftOut.Add($"{task.Id}: {reason}"));
        EvaluateText.WriteLeftOut(leftOut, "left out");
        bool isLive = settings.Endpoints.Count > 0 || settings.User is not null || settings.Verifier is not null;
        EvaluationPlan plan = new(job, verifier, settings, leftOut, tasks);
        return isLive || parsed.GetValue(_replay) is not null
            ? await LiveEvaluation.RunAsync(
                new LivePlan(plan)
                {
                    Rows = _model.ReadRows(parsed, file),
                    Policy = file.Policy(parsed.GetValue(_policy)),
                    Name = parsed.GetValue(_name),
                    Output = parsed.GetValue(_output),
                    Replay = parsed.GetValue(_replay),
                    Resume = parsed.GetValue(_resume),
                    Force = parsed.GetValue(_force),
                },
                cancel
            )
            : await LocallyAsync(parsed, file, plan, cancel);
    }

    private static async Task<int> LocallyAsync(
        ParseResult parsed,
        SettingsFile settings,
        EvaluationPlan plan,
        CancellationToken cancel
    )
    {
        EvaluationJob job = plan.Job;
        LocalModelOptions choice = _model.Read(parsed, settings);
        ContextPolicy? shaping = settings.Policy(parsed.GetValue(_policy));
        PolicyPrompts? policy = shaping is null
            ? null
            : new PolicyPrompts(new PolicyModel(shaping, RowModel.Load(choice.Folder, choice.Rows)));

        // A taken name shows before the dialogues, not after them.
        using OutputFile? file = parsed.GetValue(_output) is { } output
            ? OutputFile.Create(output, parsed.GetValue(_force))
            : null;
        using LocalDialogueModel? writing = parsed.GetValue(_likelihood)
            ? null
            : LocalDialogueModel.Load(choice, Generation(plan.Settings));
        using LikelihoodModel? choosing = writing is null
            ? LikelihoodModel.Load(choice, ChoiceVerifier.MostOptionsOf(job.Tasks))
            : null;
        EvaluateText.WriteHead();
        bool hasFamilies = job.Tasks.Select(task => task.Family).Distinct().Count() > 1;
        EvaluationResult result = await EvaluationRun.ExecuteAsync(
            job,
            plan.Verifier,
            (IDialogueModel?)writing ?? choosing!,
            policy is null ? null : policy.Shape,
            mode => EvaluateText.WriteMode(mode, hasFamilies),
            cancel
        );
        if (writing is not null)
        {
            Console.Error.WriteLine(SpeedText.Of(result.Replies, writing.Speed));
        }

        if (file is not null)
        {
            EvaluationNotes notes = new(
                parsed.GetValue(_name) ?? NameOf(choice),
                Verifier: choosing is null ? "rules" : "likelihood"
            )
            {
                Policy = shaping is null ? null : PolicyFingerprint.Of(shaping),
                LeftOut = plan.LeftOut,
            };
            EvaluationJson.Write(file.Stream, result, notes);
            file.Commit();
            WriteManifest(plan, choice, file.Path);
        }

        return ExitCode.Done;
    }

    private static EvaluateSettings Overlay(ParseResult parsed, EvaluateSettings settings)
    {
        string[] urls = parsed.GetValue(_endpoints)!;
        RoleSettings? Role(Option<string?> option, RoleSettings? role, double temperature) =>
            parsed.GetValue(option) is { } model
                ? (role ?? new RoleSettings { Temperature = temperature }) with
                {
                    Model = model,
                }
                : role;
        RoleSettings assistant = settings.Assistant;
        return settings with
        {
            Tasks = parsed.GetValue(_tasks) ?? settings.Tasks,
            Modes = parsed.GetValue(_modes) ?? settings.Modes,
            Runs = parsed.GetValue(_runs) ?? settings.Runs,
            Limit = parsed.GetValue(_limit) ?? settings.Limit,
            BatchSize = parsed.GetValue(_batchSize) ?? settings.BatchSize,
            Model = _model.NameIn(parsed) ?? settings.Model,
            Assistant = assistant with
            {
                Temperature = parsed.GetValue(_temperature) ?? assistant.Temperature,
                MaxTokens = parsed.GetValue(_maxNewTokens) ?? assistant.MaxTokens,
            },
            User = Role(_userModel, settings.User, 1),
            Verifier = Role(_verifierModel, settings.Verifier, 0),
            MaxTurns = parsed.GetValue(_maxTurns) ?? settings.MaxTurns,
            Concurrency = parsed.GetValue(_concurrency) ?? settings.Concurrency,
            Seed = parsed.GetValue(_seed) ?? settings.Seed,
            Budget = _budget.Read(parsed, settings.Budget),
            Endpoints = urls.Length == 0 ? settings.Endpoints : ReviewCommand.Endpoints(urls),
        };
    }

    private static string NameOf(LocalModelOptions model) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Adapter ?? model.Folder)));

    private static int Compare(ParseResult parsed, string[] paths)
    {
        EvaluationReport report = EvaluationReport.Of([.. paths.Select(EvaluationFile.ReadScores)]);
        string markdown = report.ToMarkdown();
        Console.Out.Write(markdown);
        if (parsed.GetValue(_output) is { } path)
        {
            using OutputFile json = OutputFile.Create(Path.ChangeExtension(path, ".json"), parsed.GetValue(_force));
            using OutputFile text = OutputFile.Create(Path.ChangeExtension(path, ".md"), parsed.GetValue(_force));
            using OutputFile values = OutputFile.Create(Path.ChangeExtension(path, ".csv"), parsed.GetValue(_force));
            using OutputFile page = OutputFile.Create(Path.ChangeExtension(path, ".html"), parsed.GetValue(_force));
            json.Stream.Write(report.ToJson());
            text.Stream.Write(Encoding.UTF8.GetBytes(markdown));
            values.Stream.Write(Encoding.UTF8.GetBytes(report.ToCsv()));
            page.Stream.Write(Encoding.UTF8.GetBytes(report.ToHtml()));
            json.Commit();
            text.Commit();
            values.Commit();
            page.Commit();
        }

        return ExitCode.Done;
    }

    private static void WriteManifest(EvaluationPlan plan, LocalModelOptions model, string output)
    {
        Manifest manifest = new("evaluate");
        manifest.AddInput("tasks", plan.Tasks);
        manifest.AddInput("model", Path.Combine(model.Folder, "config.json"));
        foreach (
            string path in model.Adapter is { } adapter
                ? Directory.EnumerateFiles(adapter, "adapter_*").Order(StringComparer.Ordinal)
                : Enumerable.Empty<string>()
        )
        {
            manifest.AddInput("adapter", path);
        }

        manifest.Options["modes"] = plan.Settings.Modes;
        manifest.Options["runs"] = plan.Settings.Runs;
        manifest.Options["seed"] = plan.Settings.Seed;
        manifest.Options["temperature"] = plan.Settings.Assistant.Temperature;
        manifest.Options["rows"] = model.Rows.Described();
        manifest.Options["max_new_tokens"] = plan.Settings.Assistant.MaxTokens;
        manifest.Counts["tasks"] = plan.Job.Tasks.Count;
        manifest.AddOutput(output);
        manifest.WriteBeside(output);
    }
}

using MultiTurnTrainer.Cli.Pipeline;
using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The flags of <c>mtt train</c> and <c>mtt estimate</c>, laid over the settings file.</summary>
internal sealed class TrainOptions
{
    private readonly Option<string> _model = CommonOptions.Model(ModelOptions.Needs);
    private readonly Option<string[]> _train = new("--train")
    {
        Description =
            "Token rows (.parquet, .jsonl) or conversations (.jsonl); sharded tasks for maigo and ccopd; chosen and rejected sides for dpo, simpo, orpo, kto.",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> _eval = new("--eval")
    {
        Description = "Rows or conversations to evaluate on, with the loss of each turn.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _evalTasks = new("--eval-tasks")
    {
        Description = "Sharded tasks to score at every evaluation; the score decides which checkpoint is the best.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _output = CommonOptions.Output(
        "The adapter's folder; metrics, checkpoints and report go there too.",
        folder: true
    );
    private readonly Option<string?> _initAdapter = new("--init-adapter")
    {
        Description = "Start from this adapter's weights and configuration.",
        HelpName = "DIR",
    };
    private readonly Option<string?> _baseId = new("--base-id")
    {
        Description = "The model's name on the hub, written into the adapter; default: what the model's folder knows.",
        HelpName = "NAME",
    };
    private readonly Option<string?> _resume = new("--resume")
    {
        Description = "Go on: from the latest checkpoint in the output (auto), or from a checkpoint's folder.",
        HelpName = "auto|DIR",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<bool> _force = CommonOptions.Force();
    private readonly Option<bool> _noShuffle = new("--no-shuffle") { Description = "Keep the file's order." };
    private readonly Option<string?> _objective = new("--objective")
    {
        Description = "What the model is trained on; default: sft.",
    };
    private readonly Option<string?> _sweep = new("--sweep")
    {
        Description =
            "Train a run for every configuration and seed of this file, each in a folder of its own under --output.",
        HelpName = "FILE",
    };

    /// <summary>Flags that stand for a setting: they are checked as settings are.</summary>
    private readonly (Option<string?> Flag, string Key)[] _overrides =
    [
        (
            Flag("--dtype", "float32|bfloat16", "The compute type; default: bfloat16 on CUDA, float32 on a CPU."),
            "dtype"
        ),
        (
            Flag(
                "--quantization",
                "nf4|fp4",
                "Hold the base's linear modules in 4 bits (QLoRA); default: as they are stored."
            ),
            "quantization"
        ),
        (Flag("--device", "cpu|cuda|cuda:N", "Where to compute; default: cuda where there is one."), "device"),
        (Flag("--max-steps", "N", "Optimizer steps in all; 0 or -1 goes by epochs."), "max_steps"),
        (Flag("--epochs", "N", "Passes over the data."), "num_train_epochs"),
        (Flag("--learning-rate", "RATE", "The highest rate."), "learning_rate"),
        (Flag("--batch-size", "N", "Rows per micro-batch."), "per_device_train_batch_size"),
        (Flag("--seed", "N", "Seeds order, first weights, dropout."), "seed"),
    ];
    private readonly SettingsOptions _settings = new();
    private readonly RowFlags _rows;

    private readonly bool _writes;

    /// <summary>The flags.</summary>
    /// <param name="writes">Whether the command writes an output folder, and may replace or continue one.</param>
    public TrainOptions(bool writes = true)
    {
        _writes = writes;
        _rows = new RowFlags(settings: _settings);
        foreach ((Option<string?> flag, string key) in _overrides)
        {
            _settings.StandsFor(flag, $"train.{key}");
        }

        _settings.StandsFor(_objective, "train.objective");
        _output.Required = writes;
        _objective.AcceptOnlyFromAmong([.. ObjectiveNames.All]);
    }

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _model,
            _train,
            _eval,
            .. _writes ? (Option[])[_evalTasks] : [],
            _initAdapter,
            .. _writes ? (Option[])[_output, _baseId, _resume, _force, _sweep] : [],
            _noShuffle,
            _objective,
            .. _overrides.Select(pair => pair.Flag),
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        _rows.AddTo(command);
        _settings.AddTo(command);
    }

    /// <summary>The file of <c>--sweep</c>; null for one run.</summary>
    public string? SweepOf(ParseResult parsed) => parsed.GetValue(_sweep);

    /// <summary>The value of <c>--output</c>.</summary>
    public string OutputOf(ParseResult parsed) => parsed.GetValue(_output)!;

    /// <summary>Whether outputs of others may be replaced.</summary>
    public bool ForceOf(ParseResult parsed) => parsed.GetValue(_force);

    /// <summary>The files that the command line names, and those of its model and adapter.</summary>
    public IReadOnlyList<string> InputsOf(ParseResult parsed) =>
        [
            .. RemoteInputs.Files(parsed.GetValue(_train)!, again: true),
            .. Present(RemoteInputs.SingleFile(parsed.GetValue(_eval), again: true)),
            .. Present(RemoteInputs.SingleFile(parsed.GetValue(_evalTasks), again: true)),
            .. FolderFiles.All(RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Weights)),
            .. FolderFiles.All(RemoteInputs.Folder(parsed.GetValue(_initAdapter), ModelNeed.Adapter)),
        ];

    /// <summary>The settings of the command line with a sweep's over them.</summary>
    /// <exception cref="MttException">One of them is wrong.</exception>
    public SettingsFile LoadSettings(ParseResult parsed, IReadOnlyDictionary<string, string> over) =>
        _settings.Load(parsed, over.Select(pair => new SettingsOverride($"{pair.Key}={pair.Value}", "--sweep")));

    /// <summary>What shapes a run, by dotted names.</summary>
    public IReadOnlyDictionary<string, string> PartsOf(ParseResult parsed, SettingsFile file)
    {
        RowOptions rows = _rows.Read(parsed, file);
        return SettingParts.Of(
            ("train", file.Section<TrainSettings>("train")),
            ("lora", file.Section<LoraSettings>("lora")),
            ("rows", rows.Described()),
            ("rows.now", file.Section<RowOptions>("rows").Now),
            ("context", rows.Policy is { } policy ? (object)JsonView.Parse(PolicyFingerprint.Canonical(policy)) : null),
            ("distill", file.Section<DistillationSettings>("distill")),
            ("preference", file.Section<PreferenceSettings>("preference")),
            ("rollouts", file.Section<CompletionSettings>("rollouts")),
            ("eval_tasks", file.Section<EvalTasksSettings>("eval_tasks")),
            // Which file is for what, and in which order: their bytes alone do not say.
            ("train_files", parsed.GetValue(_train)),
            ("eval_file", parsed.GetValue(_eval)),
            ("eval_tasks_file", parsed.GetValue(_evalTasks)),
            ("no_shuffle", parsed.GetValue(_noShuffle)),
            ("base_id", parsed.GetValue(_baseId))
        );
    }

    public TrainRequest Read(ParseResult parsed)
    {
        TrainRequest request = Read(parsed, _settings.Load(parsed));
        return _writes ? request with { Resume = ResumeOf(parsed), Force = parsed.GetValue(_force) } : request;
    }

    /// <summary>One run of a sweep.</summary>
    public TrainRequest ReadTrial(ParseResult parsed, SettingsFile file, string output) =>
        Read(parsed, file) with
        {
            Output = output,
        };

    /// <summary>The value of <c>--resume</c>; null where it was not given.</summary>
    public string? ResumeOf(ParseResult parsed) =>
        parsed.GetResult(_resume) is null ? null : parsed.GetValue(_resume) ?? "auto";

    private static IEnumerable<string> Present(string? path) => path is null ? [] : [path];

    private TrainRequest Read(ParseResult parsed, SettingsFile file)
    {
        TrainSettings train = file.Section<TrainSettings>("train");
        RowOptions rows = PreferenceInputs.RowsFor(train.Objective, _rows.Read(parsed, file));
        TrainRequest request = new()
        {
            Model = RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Weights),
            BaseId = _writes ? parsed.GetValue(_baseId) : null,
            TrainFiles = RemoteInputs.Files(parsed.GetValue(_train)!, again: true),
            EvalFile = RemoteInputs.SingleFile(parsed.GetValue(_eval), again: true),
            Output = (_writes ? parsed.GetValue(_output) : null) ?? "",
            InitAdapter = RemoteInputs.Folder(parsed.GetValue(_initAdapter), ModelNeed.Adapter),
            Objective = train.Objective,
            Train = train with
            {
                Shuffle = train.Shuffle && !parsed.GetValue(_noShuffle),
                MaxLength = rows.MaxLength ?? train.MaxLength,
            },
            Rows = rows,
            Lora = file.Section<LoraSettings>("lora"),
        };
        if (_writes && RemoteInputs.SingleFile(parsed.GetValue(_evalTasks), again: true) is { } tasks)
        {
            request = request with
            {
                Tasks = EvalTasks.Open(tasks, request, file.Section<EvalTasksSettings>("eval_tasks")),
            };
        }

        request = _writes ? request.Recorded() : request;
        foreach (string line in IdleSettings.Of(request))
        {
            Console.Error.WriteLine(Printable.Of($"note: {line}"));
        }

        TrainRequest distilling = DistillationInputs.AddTo(
            TrainingRows.AddTo(request, Console.Error),
            file.Section<DistillationSettings>("distill"),
            file.Section<CompletionSettings>("rollouts")
        );
        return PreferenceInputs.AddTo(distilling, file.Section<PreferenceSettings>("preference"));
    }

    private static Option<string?> Flag(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };
}

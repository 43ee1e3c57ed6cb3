using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt review</c>: Review-Instruct rounds against endpoints or a local model.</summary>
internal static class ReviewCommand
{
    private const string _help = """
        Generate multi-turn data: a candidate answers, reviewers criticise, a chairman asks on (Review-Instruct).

        Examples:
          mtt review seeds.jsonl --output out --endpoint http://localhost:8000/v1 --model qwen
          mtt review alpaca.json --output out --rounds 3 --reviewers 3 --dry-run
          mtt review seeds.jsonl --output out --model models/Qwen3-0.6B --mode refine --budget-tokens 2000000
          mtt review seeds.jsonl --output out --endpoint http://localhost:8000/v1 --model qwen --resume
          mtt review --replay out/trace.jsonl --output again
          mtt review seeds.jsonl --output out --ablation     none, one and all reviewers

        Keys come from the environment (OPENAI_API_KEY, or what api_key_env names), never from a file or a flag.
        Writes conversations.jsonl, trace.jsonl, quality.json, quality.html and journal.jsonl into the output folder.
        """;

    private static readonly Argument<string[]> _seeds = new("SEEDS")
    {
        Description = "Files of instructions or conversations.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The output folder.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "review",
    };

    private static readonly Option<ReviewMode?> _mode = new("--mode")
    {
        Description = "ask: the next question follows from the review. refine: the answer is revised until accepted.",
    };

    private static readonly Option<int?> _rounds = new Option<int?>("--rounds")
    {
        Description = "Question and answer pairs.",
    }.As<int?, ReviewSettings>(nameof(ReviewSettings.Rounds));
    private static readonly Option<int?> _reviewers = new Option<int?>("--reviewers")
    {
        Description = "Reviewers; 0 is the ablation without review.",
    }.Between(0, 100);

    private static readonly Option<string[]> _endpoints = CommonOptions.Endpoints();

    private static readonly Option<string?> _model = CommonOptions.ServedModel();

    private static readonly Option<int?> _seed = new Option<int?>("--seed")
    {
        Description = "Derives every call's sampling seed.",
    }.AtLeast(0);
    private static readonly Option<int?> _concurrency = new Option<int?>("--concurrency")
    {
        Description = "Dialogues in flight.",
    }.As<int?, ReviewSettings>(nameof(ReviewSettings.Concurrency));
    private static readonly Option<int?> _limit = new Option<int?>("--limit")
    {
        Description = "Use the first N seeds.",
    }.AtLeast(1);
    private static readonly Option<string?> _prompts = new("--prompts")
    {
        Description = "A folder of edited prompts; mtt init --prompts writes one.",
        HelpName = "DIR",
    };

    private static readonly Option<string?> _cache = new("--cache")
    {
        Description = "A folder of replies shared between runs.",
        HelpName = "DIR",
    };

    private static readonly BudgetOptions _budget = new("review");

    private static readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Print calls, tokens and cost to expect; call nothing.",
    };

    private static readonly Option<bool> _resume = CommonOptions.Resume();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly Option<bool> _ablation = new("--ablation")
    {
        Description = "Run with no, one and all reviewers and compare them on one page.",
    };

    private static readonly Option<string?> _replay = new("--replay")
    {
        Description = "Make the conversations of a trace again, without a model.",
        HelpName = "TRACE",
    };

    private static readonly SettingsOptions _settings = _budget
        .ShowIn(new SettingsOptions())
        .Shows(_mode, "review.mode")
        .Shows(_rounds, "review.rounds")
        .Shows(_model, "review.model")
        .Shows(_seed, "review.seed")
        .Shows(_concurrency, "review.concurrency")
        .Shows(_prompts, "review.prompts")
        .Shows(_cache, "review.cache");
    private static readonly RowFlags _rows = new(RowUse.Rendering, _settings);

    public static Command Create()
    {
        Command command = new("review", _help)
        {
            _seeds,
            _output,
            _mode,
            _rounds,
            _reviewers,
            _endpoints,
            _model,
            _seed,
            _concurrency,
            _limit,
            _prompts,
            _cache,
            _dryRun,
            _resume,
            _force,
            _ablation,
            _replay,
        };
        _budget.AddTo(command);
        _rows.AddTo(command);
        _settings.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string output = parsed.GetValue(_output)!;
        if (parsed.GetValue(_replay) is { } trace)
        {
            ReviewReport replayed = await ReviewReplay.RunAsync(trace, output, parsed.GetValue(_force), cancellation);
            ReviewText.WriteReport(replayed, output);
            return ExitCode.Done;
        }

        string[] seeds = RemoteInputs.Files(parsed.GetValue(_seeds) ?? [], again: true);
        if (seeds.Length == 0)
        {
            throw new MttException("no seeds are named", "mtt review seeds.jsonl --output out, or --replay TRACE.");
        }

        SettingsFile file = _settings.Load(parsed);
        ReviewSettings settings = Overlay(parsed, file.Section<ReviewSettings>("review"));
        RowOptions rows = _rows.Read(parsed, file);
        if (parsed.GetValue(_dryRun))
        {
            ReviewText.WriteEstimate(await ReviewEstimate.OfAsync(settings, seeds, parsed.GetValue(_limit)));
            return ExitCode.Done;
        }

        ReviewJob job = new()
        {
            Settings = settings,
            Seeds = seeds,
            Output = output,
            Resume = parsed.GetValue(_resume),
            Force = parsed.GetValue(_force),
            Limit = parsed.GetValue(_limit),
            LocalModel = folder => new LocalChatModel(folder, rows),
        };
        bool ablation = parsed.GetValue(_ablation);
        return await RunProgressLine.OfDialoguesAsync(progress => ReviewAsync(job, ablation, progress, cancellation));
    }

    private static async Task<int> ReviewAsync(
        ReviewJob job,
        bool ablation,
        RunProgressLine progress,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<ReviewReport> reports = ablation
            ? await ReviewAblation.RunAsync(job, progress, cancellation)
            : [await ReviewRun.RunAsync(job, progress, cancellation)];
        progress.End();
        foreach ((ReviewReport report, int i) in reports.Select((report, i) => (report, i)))
        {
            string folder = ablation ? Path.Combine(job.Output, ReviewAblation.Names[i]) : job.Output;
            ReviewText.WriteReport(report, folder);
        }

        return reports.Any(report => report.Stopped is not null) ? ExitCode.Stopped
            : reports.Any(report => report.LeftOut.Count > 0) ? ExitCode.Findings
            : ExitCode.Done;
    }

    private static ReviewSettings Overlay(ParseResult parsed, ReviewSettings settings)
    {
        ReviewSettings result = settings with
        {
            Mode = parsed.GetValue(_mode) ?? settings.Mode,
            Rounds = parsed.GetValue(_rounds) ?? settings.Rounds,
            Model = parsed.GetValue(_model) ?? settings.Model,
            Seed = parsed.GetValue(_seed) ?? settings.Seed,
            Concurrency = parsed.GetValue(_concurrency) ?? settings.Concurrency,
            Prompts = parsed.GetValue(_prompts) ?? settings.Prompts,
            Cache = parsed.GetValue(_cache) ?? settings.Cache,
            Budget = _budget.Read(parsed, settings.Budget),
        };
        if (parsed.GetValue(_reviewers) is { } count)
        {
            result = result.WithReviewers(count);
        }

        string[] urls = parsed.GetValue(_endpoints) ?? [];
        return urls.Length == 0 ? result : result with { Endpoints = Endpoints(urls) };
    }

    /// <summary>The endpoints of <c>--endpoint</c>, numbered.</summary>
    internal static IReadOnlyDictionary<string, EndpointSettings> Endpoints(IReadOnlyList<string> urls) =>
        urls.Select((url, i) => (Name: $"endpoint{i + 1}", Settings: new EndpointSettings { BaseUrl = url }))
            .ToDictionary(pair => pair.Name, pair => pair.Settings, StringComparer.Ordinal);
}

// Folder Sharding: cuts instructions into tasks over several turns.
// Refuses to know: how tasks are scored.
using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>Shards files of tasks, by rules or with a model; the latter with a journal, as <c>mtt review</c> does.</summary>
public sealed class ShardRun
{
    private const int Examples = 10;

    private readonly ShardJob _job;
    private readonly ShardSettings _settings;
    private readonly ShardFilter _filter;
    private readonly List<ShardedTask> _sharded = [];
    private readonly SortedDictionary<string, int> _leftOut = new(StringComparer.Ordinal);
    private readonly List<(string Id, string Reason)> _shown = [];
    private int _tasks;
    private int _kept;

    private ShardRun(ShardJob job)
    {
        _job = job;
        _settings = job.Settings;
        _filter = new ShardFilter(_settings, job.Exclude);
    }

    /// <summary>Runs to the end, to a limit, or until cancelled.</summary>
    /// <exception cref="MttException">Settings, files or endpoints do not allow it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the journal is kept.</exception>
    public static Task<ShardReport> RunAsync(
        ShardJob job,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        ShardRun run = new(job);
        return job.Settings.Method == ShardMethod.Rules
            ? Task.FromResult(run.ByRules())
            : run.ByModelAsync(progress, cancellation);
    }

    private ShardReport ByRules()
    {
        using OutputFile output = OutputFile.Create(_job.Output, _job.Force);
        foreach (ShardedTask task in Tasks())
        {
            Take(
                task,
                KeepsShards(task) ? new ShardOutcome(task)
                    : RuleSharder.Shard(task.Question) is { Count: > 1 } shards
                        ? new ShardOutcome(
                            task with
                            {
                                Shards = shards,
                                ModifiedShards = new Dictionary<int, string>(),
                            }
                        )
                    : new ShardOutcome(task, ShardOutcome.Single, "one sentence without a connective")
            );
        }

        return Write(output, incomplete: 0, stopped: null);
    }

    private async Task<ShardReport> ByModelAsync(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        ShardRunSettings run = _settings.Run;
        PromptSet all = PromptSet.Open(run.Prompts);
        PromptSet prompts = all.Only(name =>
            name == "repair" || name.StartsWith(PromptSet.ShardPrefix, StringComparison.Ordinal)
        );
        (int Index, ShardedTask Task)[] tasks = [.. Tasks().Where(IsToBeCut).Select((task, i) => (i, task))];
        Budget.RequirePrices(run, [_settings.Sharder.Model]);
        Budget budget = new(run.Budget, run.Prices, _job.Time);
        using EndpointPool pool = EndpointOpener.Open(
            new EndpointPlan([_settings.Sharder], null)
            {
                Endpoints = run.Endpoints,
                Retry = run.Retry,
                Seed = run.Seed,
                Environment = _job.Environment,
                LocalModel = _job.LocalModel,
                Time = _job.Time,
            }
        );
        RunJournal place = new(_job.Output + ".journal", Header(prompts), _job.Resume, _job.Force);
        using Journal journal = place.Open(_job.Output, _job.Time, budget.Restore);
        ReplyCache? cache = run.Cache is { } folder ? new ReplyCache(folder) : null;
        ModelSharder live = new(_settings, prompts, new LiveCalls(journal, cache, pool, budget, _job.Time));
        HeldRun held = new(run.Concurrency, tasks.Length, budget, _job.Time);
        await held.RunAsync(
                tasks,
                async (item, token) =>
                    (await live.ShardAsync(item.Index, item.Task, token).ConfigureAwait(false)).Reason is null,
                progress,
                cancellation
            )
            .ConfigureAwait(false);

        ModelSharder recorded = new(_settings, prompts, new RecordedCalls(journal.Find));
        int index = 0;
        int incomplete = 0;
        foreach (ShardedTask task in Tasks())
        {
            if (!IsToBeCut(task))
            {
                Take(task, new ShardOutcome(task));
                continue;
            }

            try
            {
                Take(task, await recorded.ShardAsync(index++, task, cancellation).ConfigureAwait(false));
            }
            catch (CallMissingException)
            {
                incomplete++;
            }
        }

        // A resumed run replaces what its earlier part wrote.
        using OutputFile output = OutputFile.Create(_job.Output, _job.Force || _job.Resume);
        return Write(output, incomplete, held.Stopped);
    }

    private bool KeepsShards(ShardedTask task) => task.Shards.Count > 1 && !_settings.Reshard;

    private bool IsToBeCut(ShardedTask task) => _filter.Reason(task) is null && !KeepsShards(task);

    private IEnumerable<ShardedTask> Tasks() => ShardInput.Read(_job.Inputs, _settings.Family);

    private void Take(ShardedTask task, ShardOutcome outcome)
    {
        _tasks++;
        if (_filter.Reason(task) is { } filtered)
        {
            outcome = new ShardOutcome(task, filtered, filtered);
        }

        if (outcome.Reason is null && _job.Format == ShardFormat.Sft && task.Answer is null)
        {
            outcome = new ShardOutcome(task, ShardOutcome.Unanswered, "no gold answer to learn");
        }

        if (outcome.Reason is not { } reason)
        {
            _sharded.Add(outcome.Task);
            _kept += KeepsShards(task) ? 1 : 0;
            return;
        }

        _leftOut[reason] = _leftOut.GetValueOrDefault(reason) + 1;
        if (_shown.Count < Examples)
        {
            _shown.Add((task.Id, outcome.Detail ?? reason));
        }
    }

    private ShardReport Write(OutputFile output, int incomplete, string? stopped)
    {
        switch (_job.Format)
        {
            case ShardFormat.Lic:
                ShardedTaskWriter.WriteArray(output.Stream, _sharded);
                break;
            case ShardFormat.Sft:
                ShardedTaskWriter.WriteConversations(output.Stream, _sharded);
                break;
            default:
                ShardedTaskWriter.WriteLines(output.Stream, _sharded);
                break;
        }

        output.Commit();
        ShardReport report = new(
            _tasks + incomplete,
            _sharded.Count,
            _sharded.Sum(task => task.Shards.Count),
            _leftOut,
            _shown,
            _kept,
            incomplete,
            stopped
        );
        WriteManifest(report);
        return report;
    }

    private void WriteManifest(ShardReport report)
    {
        Manifest manifest = new("shard");
        foreach (string path in _job.Inputs.Where(path => path != "-"))
        {
            manifest.AddInput("tasks", path);
        }

        foreach (string path in _job.Exclude)
        {
            manifest.AddInput("exclude", path);
        }

        manifest.Options["shard"] =
            _settings.Method == ShardMethod.Model
                ? RecordJson.ToValue(Shape())
                : new JsonFields
                {
                    ["method"] = "rules",
                    ["reshard"] = _settings.Reshard,
                    ["family"] = _settings.Family,
                    ["max_characters"] = _settings.MaxCharacters,
                };
        manifest.Options["format"] = _job.Format.ToString().ToLowerInvariant();
        manifest.Counts["tasks"] = report.Tasks;
        manifest.Counts["sharded"] = report.Sharded;
        manifest.Counts["shards"] = report.Shards;
        manifest.Counts["kept"] = report.Kept;
        manifest.Counts["incomplete"] = report.Incomplete;
        foreach ((string reason, int count) in report.LeftOut)
        {
            manifest.Counts[$"left_out_{reason}"] = count;
        }

        manifest.AddOutput(_job.Output);
        manifest.WriteBeside(_job.Output);
    }

    private byte[] Header(PromptSet prompts) =>
        RecordJson.ToLine(
            new
            {
                Kind = "mtt shard 1",
                Tool = Manifest.ToolVersion,
                Settings = Shape(),
                Prompts = prompts.Texts,
                Inputs = _job.Inputs.Concat(_job.Exclude).Select(ContentHash.OfFile),
            }
        );

    /// <summary>The settings without what cannot change a reply.</summary>
    private ShardSettings Shape()
    {
        ShardRunSettings defaults = new();
        return _settings with
        {
            Sharder = _settings.Sharder with { Endpoints = [] },
            Run = defaults with
            {
                Seed = _settings.Run.Seed,
                Format = _settings.Run.Format,
                MaxRepairs = _settings.Run.MaxRepairs,
            },
        };
    }
}

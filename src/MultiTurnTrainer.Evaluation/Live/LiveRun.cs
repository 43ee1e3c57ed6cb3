// Folder Live: dialogues with models behind endpoints, with budget, journal, resume and replay.
// Refuses to know: how a request travels.
using MultiTurnTrainer.Evaluation.Simulation;
using MultiTurnTrainer.Evaluation.Verifiers;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Evaluation.Live;

/// <summary>What is evaluated against endpoints.</summary>
/// <param name="Evaluation">Tasks, modes, runs.</param>
/// <param name="Settings">Who plays which part.</param>
/// <param name="Journal">Where the journal is.</param>
/// <param name="Output">The report that stands for a finished run.</param>
public sealed record LiveJob(EvaluationJob Evaluation, EvaluateSettings Settings, string Journal, string Output)
{
    /// <summary>What the scores depend on beside the settings: hashes of files, the policy's fingerprint.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Whether to go on with the journal.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether an earlier run may be thrown away.</summary>
    public bool Force { get; init; }

    /// <summary>Shapes what the assistant sees; null shows all.</summary>
    public Func<IReadOnlyList<ChatTurn>, IReadOnlyList<ChatTurn>>? Policy { get; init; }

    /// <summary>Opens a model folder that a role names.</summary>
    public Func<string, IChatModel>? LocalModel { get; init; }

    /// <summary>Reads environment variables: the only source of keys.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What came of it.</summary>
/// <param name="Result">The table, of the dialogues that ended; null where none did.</param>
/// <param name="Failed">Dialogues that a role gave no reply for, with the reason.</param>
/// <param name="Incomplete">Dialogues that a limit kept from ending.</param>
/// <param name="Spent">What was spent, earlier parts of the run included.</param>
/// <param name="Stopped">The limit that was reached; null where none was.</param>
public sealed record LiveReport(
    EvaluationResult? Result,
    IReadOnlyList<string> Failed,
    int Incomplete,
    Spending Spent,
    string? Stopped
);

/// <summary>
/// A run in two halves, as <c>mtt review</c>'s: all dialogues are held, many at a time, every call into the journal; then each is held
/// again from the journal alone and scored. So the table depends on the journal, however often the run was interrupted, and a replay
/// is the second half.
/// </summary>
public static class LiveRun
{
    /// <summary>Runs to the end, to a limit, or until cancelled; each time the journal allows to go on.</summary>
    /// <exception cref="MttException">Settings, files or endpoints do not allow it; the journal is kept.</exception>
    public static async Task<LiveReport> RunAsync(
        LiveJob job,
        IVerifier verifier,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        EvaluateSettings settings = job.Settings;
        RoleSettings[] roles = Roles(settings);
        Budget.RequirePrices(settings, roles.Select(role => role.Model ?? settings.Model));
        using EndpointPool pool = EndpointOpener.Open(
            new EndpointPlan(roles, settings.Model)
            {
                Endpoints = settings.Endpoints,
                Retry = settings.Retry,
                Seed = settings.Seed,
                Environment = job.Environment,
                LocalModel = job.LocalModel,
                Time = job.Time,
            }
        );
        Budget budget = new(settings.Budget, settings.Prices, job.Time);
        RunJournal place = new(job.Journal, Header(job), job.Resume, job.Force);
        using Journal journal = place.Open(job.Output, job.Time, budget.Restore);
        ReplyCache? cache = settings.Cache is { } folder ? new ReplyCache(folder) : null;
        DialoguePlace[] places = Places(job.Evaluation);
        DialoguePlayer live = Player(job, verifier, new LiveCalls(journal, cache, pool, budget, job.Time));
        HeldRun run = new(settings.Concurrency, places.Length, budget, job.Time);
        await run.RunAsync(
                places,
                async (dialogue, token) =>
                {
                    try
                    {
                        await live.PlayAsync(dialogue, token).ConfigureAwait(false);
                        return true;
                    }
                    catch (DialogueFailedException)
                    {
                        return false;
                    }
                },
                progress,
                cancellation
            )
            .ConfigureAwait(false);
        return await ScoreAsync(job, verifier, journal, budget.Spent, run.Stopped, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes the table of a journal again, without a model.</summary>
    /// <param name="job">The job that it was begun with; nothing is sent.</param>
    /// <param name="verifier">Judges the answers.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MttException">The journal is of another job.</exception>
    public static async Task<LiveReport> ReplayAsync(LiveJob job, IVerifier verifier, CancellationToken cancellation)
    {
        Budget budget = new(new BudgetSettings(), job.Settings.Prices, job.Time);
        RunJournal place = new(job.Journal, Header(job), Resume: true, Force: false);
        using Journal journal = place.Open(job.Output, job.Time, budget.Restore);
        return await ScoreAsync(job, verifier, journal, budget.Spent, null, cancellation).ConfigureAwait(false);
    }

    private static async Task<LiveReport> ScoreAsync(
        LiveJob job,
        IVerifier verifier,
        Journal journal,
        Spending spent,
        string? stopped,
        CancellationToken cancellation
    )
    {
        DialoguePlayer recorded = Player(job, verifier, new RecordedCalls(journal.Find));
        List<Dialogue> dialogues = [];
        List<string> failed = [];
        int incomplete = 0;
        foreach (DialoguePlace place in Places(job.Evaluation))
        {
            try
            {
                dialogues.Add(await recorded.PlayAsync(place, cancellation).ConfigureAwait(false));
            }
            catch (CallMissingException)
            {
                incomplete++;
            }
            catch (DialogueFailedException problem)
            {
                failed.Add(Invariant($"{place.Task.Id} ({place.Choice.Name}, run {place.Run}): {problem.Message}"));
            }
        }

        EvaluationResult? result =
            dialogues.Count > 0 ? EvaluationResult.Of(job.Evaluation, dialogues, verifier) : null;
        return new LiveReport(result, failed, incomplete, spent, stopped);
    }

    private static DialoguePlayer Player(LiveJob job, IVerifier verifier, ICalls calls) =>
        new(new LiveRoles(job.Settings, verifier, calls), verifier, job.Evaluation.Seed, job.Policy);

    private static RoleSettings[] Roles(EvaluateSettings settings) =>
        [.. new[] { settings.Assistant, settings.User, settings.Verifier }.OfType<RoleSettings>()];

    private static DialoguePlace[] Places(EvaluationJob job) =>
        [
            .. from mode in job.Modes
            from run in Enumerable.Range(0, job.Runs)
            from task in job.Tasks.Select((task, i) => (Task: task, Index: i))
            select new DialoguePlace(task.Index, task.Task, mode, run),
        ];

    private static byte[] Header(LiveJob job) =>
        RecordJson.ToLine(
            new LiveHeader(
                LiveHeader.Name,
                Manifest.ToolVersion,
                Shape(job.Settings),
                [.. job.Evaluation.Modes.Select(mode => mode.Name)],
                job.Evaluation.Runs,
                [.. job.Evaluation.Tasks.Select(task => task.Id)],
                job.Inputs
            )
        );

    /// <summary>The settings without what cannot change a reply.</summary>
    private static EvaluateSettings Shape(EvaluateSettings settings)
    {
        RoleSettings? Alone(RoleSettings? role) => role is null ? null : role with { Endpoints = [] };
        EvaluateSettings defaults = new();
        return settings with
        {
            Assistant = Alone(settings.Assistant)!,
            User = Alone(settings.User),
            Verifier = Alone(settings.Verifier),
            Endpoints = defaults.Endpoints,
            Retry = defaults.Retry,
            Prices = defaults.Prices,
            Budget = defaults.Budget,
            Concurrency = defaults.Concurrency,
            Cache = null,
            // The header has what they come to.
            Tasks = null,
            Modes = defaults.Modes,
            Runs = defaults.Runs,
            Limit = null,
            BatchSize = defaults.BatchSize,
        };
    }
}

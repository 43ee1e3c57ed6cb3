using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Seeds;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>
/// A run in two halves. First all dialogues are held, many at a time, and every finished call is put into the journal.
/// Then each dialogue is held again, in the seeds' order, with the journal's replies, and written. So the outputs depend
/// on the journal alone, whatever the order in which replies came and however often the run was interrupted.
/// </summary>
public sealed class ReviewRun
{
    private readonly ReviewJob _job;
    private readonly ReviewSettings _settings;
    private readonly PromptSet _prompts;
    private readonly ReviewFiles _files;
    private readonly Budget _budget;
    private readonly List<SkippedSeed> _skipped = [];
    private int _total;
    private string? _stopped;

    private ReviewRun(ReviewJob job)
    {
        _job = job;
        _settings = job.Settings;
        _files = new ReviewFiles(job.Output);
        _prompts = PromptSet
            .Open(_settings.Prompts)
            .Only(name => !name.StartsWith(PromptSet.ShardPrefix, StringComparison.Ordinal));
        _budget = new Budget(_settings.Budget, _settings.Prices, job.Time);
    }

    /// <summary>Runs to the end, to a limit, or until cancelled; each time the journal allows to go on.</summary>
    /// <exception cref="MttException">Settings, files or endpoints do not allow it; the journal is kept.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the journal is kept.</exception>
    public static Task<ReviewReport> RunAsync(
        ReviewJob job,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => new ReviewRun(job).RunAsync(progress, cancellation);

    private async Task<ReviewReport> RunAsync(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        // 1. One pass over the seeds: a mistake in the last line shows before any money is spent.
        _total = Seeds(_skipped.Add).Count();
        if (_total == 0)
        {
            throw new MttException(
                $"{string.Join(", ", _job.Seeds)}: no instruction in {Counted.Of(_skipped.Count, "record")}",
                "Records need \"instruction\", or \"messages\" with a user message."
            );
        }

        // 2. The endpoints, and the journal that a run goes on from.
        RoleSettings[] roles = [_settings.Candidate, _settings.Chairman, .. _settings.Reviewers];
        Budget.RequirePrices(_settings, roles.Select(role => role.Model ?? _settings.Model));
        using EndpointPool pool = EndpointOpener.Open(
            new EndpointPlan(roles, _settings.Model)
            {
                Endpoints = _settings.Endpoints,
                Retry = _settings.Retry,
                Seed = _settings.Seed,
                Environment = _job.Environment,
                LocalModel = _job.LocalModel,
                Time = _job.Time,
            }
        );
        RunHeader header = RunHeader.Of(_settings, _prompts, _job.Seeds);
        RunJournal place = new(_files.Journal, header.ToBytes(), _job.Resume, _job.Force);
        using Journal journal = place.Open(_files.Conversations, _job.Time, _budget.Restore);
        ReplyCache? cache = _settings.Cache is { } folder ? new ReplyCache(folder) : null;

        // 3. Hold the dialogues, many at a time.
        ReviewLoop loop = new(_settings, _prompts, new LiveCalls(journal, cache, pool, _budget, _job.Time));
        HeldRun run = new(_settings.Concurrency, _total, _budget, _job.Time);
        await run.RunAsync(
                Seeds(),
                async (seed, token) =>
                    (await loop.RunAsync(seed, token).ConfigureAwait(false)).IsWritten(_settings.KeepPartial),
                progress,
                cancellation
            )
            .ConfigureAwait(false);
        _stopped = run.Stopped;

        // 4. Write them, in the order of the seeds.
        return await WriteAsync(journal, header, cancellation).ConfigureAwait(false);
    }

    private IEnumerable<Seed> Seeds(Action<SkippedSeed>? skipped = null)
    {
        IEnumerable<Seed> seeds = SeedReader.Read(_job.Seeds, skipped);
        return _job.Limit is { } limit ? seeds.Take(limit) : seeds;
    }

    private async Task<ReviewReport> WriteAsync(Journal journal, RunHeader header, CancellationToken cancellation)
    {
        ReviewLoop loop = new(_settings, _prompts, new RecordedCalls(journal.Find));
        using ReviewOutputs outputs = new(_files, _settings, header, force: true);
        int incomplete = 0;
        foreach (Seed seed in Seeds())
        {
            try
            {
                outputs.Add(await loop.RunAsync(seed, cancellation).ConfigureAwait(false));
            }
            catch (CallMissingException)
            {
                incomplete++;
            }
        }

        Manifest manifest = ReviewManifest.Of(header, _job.Seeds, _prompts);
        manifest.Counts["seeds"] = _total;
        manifest.Counts["skipped_records"] = _skipped.Count;
        manifest.Counts["incomplete"] = incomplete;
        outputs.Commit(manifest);
        return new ReviewReport(
            _total,
            outputs.Written,
            incomplete,
            outputs.LeftOut,
            _skipped,
            outputs.Outcomes,
            _budget.Spent,
            _stopped
        );
    }
}

using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Synthesis.Calls;
using MultiTurnTrainer.Synthesis.Endpoints;
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
    private int _done;
    private int _failed;
    private string? _stopped;
    private Exception? _fatal;

    private ReviewRun(ReviewJob job)
    {
        _job = job;
        _settings = job.Settings;
        _files = new ReviewFiles(job.Output);
        _prompts = _settings.Prompts is { } folder ? PromptSet.Load(folder) : PromptSet.Builtin;
        _budget = new Budget(_settings.Budget, _settings.Prices, job.Time);
    }

    /// <summary>Runs to the end, to a limit, or until cancelled; each time the journal allows to go on.</summary>
    /// <exception cref="MttException">Settings, files or endpoints do not allow it; the journal is kept.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the journal is kept.</exception>
    public static Task<ReviewReport> RunAsync(
        ReviewJob job,
        IProgress<ReviewProgress>? progress,
        CancellationToken cancellation
    ) => new ReviewRun(job).RunAsync(progress, cancellation);

    private async Task<ReviewReport> RunAsync(IProgress<ReviewProgress>? progress, CancellationToken cancellation)
    {
        // One pass over the seeds first: a mistake in the last line shows before any money is spent.
        _total = Seeds(_skipped.Add).Count();
        if (_total == 0)
        {
            throw new MttException(
                $"{string.Join(", ", _job.Seeds)}: no instruction in {_skipped.Count} records",
                "Records need \"instruction\", or \"messages\" with a user message."
            );
        }

        using EndpointPool pool = ReviewEndpoints.Open(_job);
        RunHeader header = RunHeader.Of(_settings, _prompts, _job.Seeds);
        using Journal journal = OpenJournal(header);
        ReplyCache? cache = _settings.Cache is { } folder ? new ReplyCache(folder) : null;
        LiveCalls calls = new(journal, cache, pool, _budget, _job.Time);
        await HoldAsync(calls, progress, cancellation).ConfigureAwait(false);
        return await WriteAsync(journal, header, cancellation).ConfigureAwait(false);
    }

    private IEnumerable<Seed> Seeds(Action<SkippedSeed>? skipped = null)
    {
        IEnumerable<Seed> seeds = SeedReader.Read(_job.Seeds, skipped);
        return _job.Limit is { } limit ? seeds.Take(limit) : seeds;
    }

    private Journal OpenJournal(RunHeader header)
    {
        if (_job.Resume)
        {
            Journal resumed = Journal.Resume(_files.Journal, _job.Time, _budget.Restore, out JsonElement first);
            try
            {
                header.CheckSame(RunHeader.Parse(first, _files.Journal), _files.Journal);
                return resumed;
            }
            catch
            {
                resumed.Dispose();
                throw;
            }
        }

        if (!_job.Force && (File.Exists(_files.Journal) || File.Exists(_files.Conversations)))
        {
            throw new MttException(
                $"{_job.Output}: holds an earlier run",
                "Go on with it with --resume, replace it with --force, or name another --output."
            );
        }

        Directory.CreateDirectory(_job.Output);
        return Journal.Create(_files.Journal, header.ToBytes(), _job.Time);
    }

    private async Task HoldAsync(LiveCalls calls, IProgress<ReviewProgress>? progress, CancellationToken cancellation)
    {
        long started = _job.Time.GetTimestamp();
        ReviewLoop loop = new(_settings, _prompts, calls);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ParallelOptions options = new()
        {
            MaxDegreeOfParallelism = _settings.Concurrency,
            CancellationToken = stop.Token,
        };
        try
        {
            await Parallel
                .ForEachAsync(
                    Seeds(),
                    options,
                    async (seed, token) =>
                    {
                        await HoldOneAsync(loop, seed, stop, token).ConfigureAwait(false);
                        progress?.Report(Progress(started));
                    }
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_fatal is not null)
        {
            throw Explain(_fatal);
        }

        if (_fatal is not null)
        {
            throw Explain(_fatal);
        }
    }

    private async Task HoldOneAsync(ReviewLoop loop, Seed seed, CancellationTokenSource stop, CancellationToken token)
    {
        if (Volatile.Read(ref _stopped) is not null || Volatile.Read(ref _fatal) is not null)
        {
            return;
        }

        try
        {
            DialogueResult result = await loop.RunAsync(seed, token).ConfigureAwait(false);
            Interlocked.Increment(ref _done);
            if (!result.IsWritten(_settings.KeepPartial))
            {
                Interlocked.Increment(ref _failed);
            }
        }
        catch (BudgetReachedException problem)
        {
            // Calls in flight are let finish: they are paid for.
            Volatile.Write(ref _stopped, problem.Message);
        }
        catch (Exception problem) when (problem is EndpointException or MttException)
        {
            Interlocked.CompareExchange(ref _fatal, problem, null);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private ReviewProgress Progress(long started)
    {
        TimeSpan elapsed = _job.Time.GetElapsedTime(started);
        int done = Volatile.Read(ref _done);
        return new ReviewProgress(
            done,
            _total,
            Volatile.Read(ref _failed),
            _budget.Spent,
            elapsed,
            done == 0 ? null : elapsed / done * (_total - done)
        );
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

    private static Exception Explain(Exception problem) =>
        problem is EndpointException
            ? new MttException(
                $"the endpoint refuses to work: {problem.Message}",
                "The state is saved: mend the key, the model's name or the quota, then run again with --resume.",
                problem
            )
            : problem;
}

using MultiTurnTrainer.Synthesis.Quality;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>
/// The paper's ablation: the same seeds without review, with one reviewer, and with all, each in a folder of its own,
/// compared in <c>ablation.json</c> and <c>ablation.html</c>. First answers are equal by request and shared through the
/// reply cache.
/// </summary>
public static class ReviewAblation
{
    /// <summary>The folders of the three runs, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["none", "one", "several"];

    /// <summary>Runs the three one after another; a limit that stops one leaves the rest for <c>--resume</c>.</summary>
    public static async Task<IReadOnlyList<ReviewReport>> RunAsync(
        ReviewJob job,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        ReviewSettings settings = job.Settings;
        int[] counts = [0, 1, settings.Reviewers.Count];
        if (settings.Reviewers.Count < 2)
        {
            throw new MttException("an ablation needs two reviewers or more", "Give --reviewers 3.");
        }

        List<ReviewReport> reports = [];
        foreach ((string name, int reviewers) in Names.Zip(counts))
        {
            string folder = Path.Combine(job.Output, name);
            ReviewSettings arm = settings.WithReviewers(reviewers) with
            {
                Cache = settings.Cache ?? Path.Combine(job.Output, "cache"),
            };
            ReviewJob part = job with
            {
                Settings = arm,
                Output = folder,
                Resume = job.Resume && File.Exists(new ReviewFiles(folder).Journal),
            };
            ReviewReport report = await ReviewRun.RunAsync(part, progress, cancellation).ConfigureAwait(false);
            reports.Add(report);
            if (report.Stopped is not null)
            {
                return reports;
            }
        }

        Compare(job.Output);
        return reports;
    }

    private static void Compare(string output)
    {
        List<(string Name, QualityReport Report)> runs = [];
        foreach (string name in Names)
        {
            byte[] json = InputFile.ReadBytes(new ReviewFiles(Path.Combine(output, name)).Quality);
            runs.Add((name, RecordJson.Read<QualityReport>(json)));
        }

        byte[] all = RecordJson.ToPage(runs.ToDictionary(run => run.Name, run => run.Report));
        OutputFile.WriteAllBytes(Path.Combine(output, "ablation.json"), all, force: true);
        OutputFile.WriteAllBytes(Path.Combine(output, "ablation.html"), QualityPage.Write(runs), force: true);
    }
}

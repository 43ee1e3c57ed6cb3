namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt evaluate</c> plays.</summary>
/// <param name="Job">Tasks, modes, runs.</param>
/// <param name="Verifier">Judges the answers.</param>
/// <param name="Settings">Who plays which part.</param>
/// <param name="LeftOut">Tasks that cannot be scored.</param>
/// <param name="Tasks">The file of tasks.</param>
internal record EvaluationPlan(
    EvaluationJob Job,
    FamilyVerifier Verifier,
    EvaluateSettings Settings,
    IReadOnlyList<string> LeftOut,
    string Tasks
);

/// <summary>The same against endpoints.</summary>
internal sealed record LivePlan : EvaluationPlan
{
    public LivePlan(EvaluationPlan plan)
        : base(plan) { }

    public required RowOptions Rows { get; init; }

    public ContextPolicy? Policy { get; init; }

    public string? Name { get; init; }

    public string? Output { get; init; }

    public string? Replay { get; init; }

    public bool Resume { get; init; }

    public bool Force { get; init; }
}

/// <summary>Evaluations against endpoints, and their replays.</summary>
internal static class LiveEvaluation
{
    public static async Task<int> RunAsync(LivePlan plan, CancellationToken cancellation)
    {
        string output =
            plan.Output
            ?? throw new MttException(
                "an evaluation against endpoints needs --output",
                "The journal that it can be resumed from lies beside it."
            );
        LiveJob job = Job(plan, output);
        if (plan.Replay is not null)
        {
            return Write(plan, job, output, await LiveRun.ReplayAsync(job, plan.Verifier, cancellation));
        }

        return await RunProgressLine.OfDialoguesAsync(async progress =>
        {
            LiveReport report = await LiveRun.RunAsync(job, plan.Verifier, progress, cancellation);
            progress.End();
            return Write(plan, job, output, report);
        });
    }

    private static LiveJob Job(LivePlan plan, string output)
    {
        PolicyPrompts? policy = plan.Policy is { } shaped
            ? new PolicyPrompts(new PolicyModel(shaped, static () => new ByteTokenCounter(), null))
            : null;
        EvaluateSettings settings = plan.Replay is { } journal ? LiveHeader.Read(journal).Settings : plan.Settings;
        return new LiveJob(plan.Job with { Seed = settings.Seed }, settings, plan.Replay ?? $"{output}.journal", output)
        {
            Inputs =
            [
                ContentHash.OfFile(plan.Tasks),
                plan.Policy is { } named ? PolicyFingerprint.Of(named) : "no policy",
            ],
            Resume = plan.Resume,
            Force = plan.Force,
            Policy = policy is null ? null : policy.Shape,
            LocalModel = folder => new LocalChatModel(folder, plan.Rows),
        };
    }

    private static int Write(LivePlan plan, LiveJob job, string output, LiveReport report)
    {
        EvaluateText.WriteLeftOut(report.Failed, "failed");
        EvaluateSettings settings = job.Settings;
        if (report.Result is { } result)
        {
            EvaluateText.WriteTable(result);
            EvaluationNotes notes = new(
                plan.Name ?? settings.Assistant.Model ?? settings.Model ?? "model",
                settings.User is { } user ? user.Model ?? settings.Model ?? "model" : "script",
                settings.Verifier is { } judge ? judge.Model ?? settings.Model ?? "model" : "rules"
            )
            {
                Policy = plan.Policy is { } policy ? PolicyFingerprint.Of(policy) : null,
                LeftOut = plan.LeftOut,
                Failed = report.Failed,
                Incomplete = report.Incomplete,
                Spent = report.Spent,
            };
            using OutputFile file = OutputFile.Create(output, plan.Force || plan.Resume);
            EvaluationJson.Write(file.Stream, result, notes);
            file.Commit();
            Manifest manifest = new("evaluate");
            manifest.AddInput("tasks", plan.Tasks);
            manifest.Options["modes"] = job.Evaluation.Modes.Select(mode => mode.Name);
            manifest.Options["runs"] = job.Evaluation.Runs;
            manifest.Options["seed"] = job.Evaluation.Seed;
            manifest.Counts["tasks"] = job.Evaluation.Tasks.Count;
            manifest.AddOutput(output);
            manifest.WriteBeside(output);
        }

        Console.Error.WriteLine(Printable.Of($"spent: {ReviewText.Describe(report.Spent)}"));
        if (report.Stopped is { } limit)
        {
            Console.Error.WriteLine(
                $"stopped at the limit of {limit}; {Counted.Of(report.Incomplete, "dialogue is", "dialogues are")} not finished"
            );
            Console.Error.WriteLine("  hint: raise the limit and run again with --resume");
            return ExitCode.Stopped;
        }

        return report.Failed.Count + report.Incomplete > 0 ? ExitCode.Findings : ExitCode.Done;
    }
}

// Folder Evaluation: puts tasks to a model in several ways and scores each.
// Refuses to know: which model answers, and where it runs.
using MultiTurnTrainer.Evaluation.Simulation;
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What is played.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Modes">The ways in which each is put to the model.</param>
/// <param name="Runs">Runs of each task in each mode.</param>
/// <param name="Seed">Seeds the draws.</param>
public sealed record EvaluationJob(
    IReadOnlyList<ShardedTask> Tasks,
    IReadOnlyList<SimulationChoice> Modes,
    int Runs,
    int Seed
);

/// <summary>What came of it.</summary>
/// <param name="Seed">The job's seed.</param>
/// <param name="Modes">One result a mode and family, in the job's order.</param>
/// <param name="Dialogues">Every dialogue.</param>
public sealed record EvaluationResult(int Seed, IReadOnlyList<ModeResult> Modes, IReadOnlyList<Dialogue> Dialogues)
{
    /// <summary>Sums up dialogues by mode and family, in the job's order.</summary>
    internal static EvaluationResult Of(EvaluationJob job, IReadOnlyList<Dialogue> dialogues, IVerifier verifier) =>
        new(
            job.Seed,
            [
                .. from mode in job.Modes
                from family in dialogues.Where(one => one.Choice == mode).GroupBy(one => one.Task.Family)
                select ModeResult.Of([.. family], verifier),
            ],
            dialogues
        );

    /// <summary>Answers of the model over all dialogues.</summary>
    public int Replies => Dialogues.Sum(dialogue => dialogue.Replies.Count);
}

/// <summary>Puts tasks to a model in several ways and scores each.</summary>
public static class EvaluationRun
{
    /// <summary>Refuses a job that cannot be played, before anything is loaded, and leaves out tasks that cannot be scored.</summary>
    /// <param name="job">The job.</param>
    /// <param name="verifier">Judges the answers.</param>
    /// <param name="leftOut">Told of a task that is left out, and why.</param>
    /// <exception cref="MttException">A mode needs what the tasks lack, a task lacks a field, or none is left.</exception>
    public static EvaluationJob Check(EvaluationJob job, IVerifier verifier, Action<ShardedTask, string> leftOut)
    {
        if (
            job.Modes.Any(choice => choice.Mode == SimulationMode.Refine)
            && job.Tasks.Any(task => task.ModifiedShards.Count == 0)
        )
        {
            throw new MttException(
                "mode refine needs tasks with modified_shard",
                "Use a correction set such as RLSTA's mt_refine, or leave the mode out."
            );
        }

        List<ShardedTask> kept = [];
        string? first = null;
        foreach (ShardedTask task in job.Tasks)
        {
            if (verifier.WhyUnscorable(task) is { } reason)
            {
                first ??= $"{task.Place}: {reason}";
                leftOut(task, reason);
            }
            else
            {
                kept.Add(task);
            }
        }

        return kept.Count > 0
            ? job with
            {
                Tasks = kept,
            }
            : throw new MttException(
                $"no task can be scored; {first}",
                "Give tasks with answers; see mtt docs evaluation."
            );
    }

    /// <summary>Plays all modes.</summary>
    /// <param name="job">What is played.</param>
    /// <param name="verifier">Judges the answers.</param>
    /// <param name="model">Answers.</param>
    /// <param name="policy">Shapes what the model sees of a dialogue; null shows all of it.</param>
    /// <param name="onMode">Told of each mode when it is complete.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<EvaluationResult> ExecuteAsync(
        EvaluationJob job,
        IVerifier verifier,
        IDialogueModel model,
        Func<IReadOnlyList<ChatTurn>, IReadOnlyList<ChatTurn>>? policy,
        Action<ModeResult> onMode,
        CancellationToken cancellation
    )
    {
        Simulator simulator = new(model, verifier, policy);
        List<ModeResult> results = [];
        List<Dialogue> dialogues = [];
        foreach (SimulationChoice mode in job.Modes)
        {
            List<Dialogue> played = [];
            for (int run = 0; run < job.Runs; run++)
            {
                played.AddRange(await simulator.RunAsync(job.Tasks, mode, run, job.Seed, cancellation));
            }

            dialogues.AddRange(played);
            foreach (ModeResult result in EvaluationResult.Of(job with { Modes = [mode] }, played, verifier).Modes)
            {
                results.Add(result);
                onMode(result);
            }
        }

        return new EvaluationResult(job.Seed, results, dialogues);
    }
}

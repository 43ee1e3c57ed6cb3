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
    /// <summary>Answers of the model over all dialogues.</summary>
    public int Replies => Dialogues.Sum(dialogue => dialogue.Replies.Count);
}

/// <summary>Puts tasks to a model in several ways and scores each.</summary>
public static class EvaluationRun
{
    /// <summary>Refuses a job that cannot be played, before anything is loaded.</summary>
    /// <exception cref="MttException">A mode needs what the tasks lack.</exception>
    public static void Check(EvaluationJob job)
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
    }

    /// <summary>Plays all modes.</summary>
    /// <param name="job">What is played.</param>
    /// <param name="verifier">Judges the answers.</param>
    /// <param name="model">Answers.</param>
    /// <param name="onMode">Told of each mode when it is complete.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<EvaluationResult> ExecuteAsync(
        EvaluationJob job,
        IVerifier verifier,
        IDialogueModel model,
        Action<ModeResult> onMode,
        CancellationToken cancellation
    )
    {
        Simulator simulator = new(model, verifier);
        List<ModeResult> results = [];
        List<Dialogue> dialogues = [];
        foreach (SimulationChoice mode in job.Modes)
        {
            List<Dialogue> played = [];
            for (int run = 0; run < job.Runs; run++)
            {
                played.AddRange(await simulator.RunAsync(job.Tasks, mode, run, job.Seed, cancellation));
            }

            foreach (IGrouping<string, Dialogue> family in played.GroupBy(dialogue => dialogue.Task.Family))
            {
                results.Add(ModeResult.Of([.. family], verifier));
                onMode(results[^1]);
            }

            dialogues.AddRange(played);
        }

        return new EvaluationResult(job.Seed, results, dialogues);
    }
}

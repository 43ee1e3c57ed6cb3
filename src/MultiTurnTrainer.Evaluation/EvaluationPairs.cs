using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation;

/// <summary>
/// Pairs of an evaluation's dialogues, as the verifier scored them: where the model got lost, its last answer against the right one
/// that it gave when it saw the whole task; and whole dialogues of one task, a right one against a lost one.
/// </summary>
public static class EvaluationPairs
{
    /// <summary>Reads what <c>mtt evaluate --output</c> wrote.</summary>
    /// <param name="path">A report with dialogues.</param>
    /// <param name="trajectories">Whether whole dialogues are paired too.</param>
    /// <param name="skipped">Told of lost dialogues that give no pair, with the cause.</param>
    /// <exception cref="MttException">The file is no such report.</exception>
    public static IEnumerable<AnswerPair> Read(string path, bool trajectories, Action<string> skipped)
    {
        string full = new SimulationChoice(SimulationMode.Full).Name;
        foreach (
            IGrouping<string, PlayedDialogue> task in EvaluationFile
                .Read(path)
                .Dialogues.GroupBy(played => played.TaskId)
        )
        {
            PlayedDialogue[] right = [.. task.Where(played => played.IsCorrectLast)];
            foreach (PlayedDialogue lost in task.Where(played => !played.IsCorrectLast && played.ConvType != full))
            {
                PlayedDialogue[] answers = [.. right.Where(played => played.ConvType == full)];
                if (answers.Length == 0)
                {
                    skipped("the task has no right answer with the whole task in view");
                }
                else
                {
                    yield return Answer(answers.FirstOrDefault(one => one.Run == lost.Run) ?? answers[0], lost);
                }

                if (trajectories)
                {
                    PlayedDialogue? better = right.FirstOrDefault(played => played.ConvType == lost.ConvType);
                    if (better is null)
                    {
                        skipped("the task has no right dialogue in the same mode");
                    }
                    else
                    {
                        yield return Trajectory(better, lost);
                    }
                }
            }
        }
    }

    private static AnswerPair Answer(PlayedDialogue full, PlayedDialogue lost) =>
        new("evaluate", Name(lost), lost.Trace.Count(turn => turn.Role == "user"))
        {
            Prompt = Messages(lost.Trace.SkipLast(1)),
            Chosen = Messages(full.Trace.TakeLast(1)),
            Rejected = Messages(lost.Trace.TakeLast(1)),
            Provenance = Describe(lost, full),
        };

    private static AnswerPair Trajectory(PlayedDialogue better, PlayedDialogue lost)
    {
        int shared = better.Trace.Zip(lost.Trace).TakeWhile(both => both.First == both.Second).Count();
        return new("trajectory", Name(lost), lost.Trace.Take(shared + 1).Count(turn => turn.Role == "user"))
        {
            Prompt = Messages(lost.Trace.Take(shared)),
            Chosen = Messages(better.Trace.Skip(shared)),
            Rejected = Messages(lost.Trace.Skip(shared)),
            Provenance = Describe(lost, better),
        };
    }

    private static string Name(PlayedDialogue lost) => Invariant($"{lost.TaskId}-{lost.ConvType}-{lost.Run}");

    private static JsonFields Describe(PlayedDialogue lost, PlayedDialogue better) =>
        new()
        {
            ["task_id"] = lost.TaskId,
            ["conv_type"] = lost.ConvType,
            ["run"] = lost.Run,
            ["chosen_conv_type"] = better.ConvType,
            ["chosen_run"] = better.Run,
        };

    private static object[] Messages(IEnumerable<ChatTurn> turns) =>
        [.. turns.Select(turn => AnswerPair.Message(turn.Role, turn.Content))];
}

using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What <c>mtt evaluate --output</c> writes: scores by mode, and every dialogue with Lost in Conversation's keys.</summary>
public static class EvaluationJson
{
    /// <summary>Writes the report.</summary>
    public static void Write(Stream output, EvaluationResult result) =>
        JsonText.WritePage(
            output,
            new { results = result.Modes.Select(Describe), dialogues = result.Dialogues.Select(Describe) }
        );

    /// <summary>A mode's name on the command line and in files.</summary>
    public static string Name(SimulationMode mode) => Naming.KebabCase(mode);

    private static object Describe(ModeResult result) =>
        new
        {
            mode = Name(result.Mode),
            tasks = result.Tasks,
            runs = result.Runs,
            any_attempt = Describe(result.AnyAttempt),
            last_turn = Describe(result.LastTurn),
        };

    private static object Describe(RunStatistics scores) =>
        new
        {
            mean = scores.Mean,
            aptitude = scores.Aptitude,
            unreliability = scores.Unreliability,
        };

    private static object Describe(Dialogue dialogue) =>
        new
        {
            task_id = dialogue.Task.Id,
            conv_type = Name(dialogue.Mode),
            run = dialogue.Run,
            is_correct = dialogue.AnyAttempt,
            is_correct_last = dialogue.LastTurn,
            trace = dialogue.Turns.Select(turn => new { role = turn.Role, content = turn.Content }),
        };
}

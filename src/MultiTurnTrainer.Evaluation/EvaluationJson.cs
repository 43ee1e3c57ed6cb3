using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What <c>mtt evaluate --output</c> writes: scores by mode, and every dialogue with Lost in Conversation's keys.</summary>
public static class EvaluationJson
{
    /// <summary>Writes the report.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="result">What came out.</param>
    /// <param name="name">What was evaluated, for comparisons.</param>
    public static void Write(Stream output, EvaluationResult result, string name) =>
        JsonText.WritePage(
            output,
            new
            {
                name,
                seed = result.Seed,
                results = result.Modes.Select(Describe),
                dialogues = result.Dialogues.Select(Describe),
            }
        );

    private static object Describe(ModeResult result) =>
        new
        {
            mode = result.Choice.Name,
            tasks = result.Tasks,
            runs = result.Runs,
            any_attempt = Describe(result.AnyAttempt),
            last_turn = Describe(result.LastTurn),
            first_attempt = result.Behaviour.FirstAttempt,
            attempts = result.Behaviour.Attempts,
            tokens = result.Behaviour.Tokens,
            copied_share = result.Behaviour.CopiedShare,
            contradiction = result.Contradiction is { } contradiction
                ? new
                {
                    counted = contradiction.Counted,
                    right = contradiction.Right,
                    recovery_turn = contradiction.RecoveryTurn,
                }
                : null,
        };

    private static object Describe(RunStatistics scores) =>
        new
        {
            mean = scores.Mean,
            interval = new[] { scores.Interval.Low, scores.Interval.High },
            aptitude = scores.Aptitude,
            unreliability = scores.Unreliability,
        };

    private static object Describe(Dialogue dialogue) =>
        new
        {
            task_id = dialogue.Task.Id,
            conv_type = dialogue.Choice.Name,
            run = dialogue.Run,
            is_correct = dialogue.AnyAttempt,
            is_correct_last = dialogue.LastTurn,
            first_attempt = dialogue.FirstAttempt,
            attempts = dialogue.Attempts,
            tokens = dialogue.Tokens,
            copied_share = dialogue.CopiedShare,
            contradicted = dialogue.IsContradicted,
            recovery_turn = dialogue.IsContradicted ? dialogue.RecoveryTurn : null,
            trace = dialogue.Turns.Select(turn => new { role = turn.Role, content = turn.Content }),
        };
}

using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What <c>mtt evaluate --output</c> writes: scores by mode, and every dialogue with Lost in Conversation's keys.</summary>
public static class EvaluationJson
{
    /// <summary>Writes the report.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="result">What came out.</param>
    /// <param name="notes">What must be known beside the numbers.</param>
    public static void Write(Stream output, EvaluationResult result, EvaluationNotes notes) =>
        JsonText.WritePage(
            output,
            new
            {
                name = notes.Name,
                seed = result.Seed,
                user = notes.User,
                verifier = notes.Verifier,
                policy = notes.Policy,
                left_out = notes.LeftOut,
                failed = notes.Failed,
                incomplete = notes.Incomplete,
                spent = notes.Spent is { } spent
                    ? new
                    {
                        requests = spent.Requests,
                        prompt_tokens = spent.PromptTokens,
                        completion_tokens = spent.CompletionTokens,
                        money = spent.Money,
                    }
                    : null,
                results = result.Modes.Select(Describe),
                dialogues = result.Dialogues.Select(Describe),
            }
        );

    private static object Describe(ModeResult result) =>
        new
        {
            mode = result.Choice.Name,
            family = result.Family,
            metric = result.Metric,
            tasks = result.Tasks,
            runs = result.Runs,
            any_attempt = Describe(result.AnyAttempt),
            last_turn = Describe(result.LastTurn),
            as_published = Describe(result.AsPublished),
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
            aptitude_interval = new[] { scores.AptitudeInterval.Low, scores.AptitudeInterval.High },
            unreliability = scores.Unreliability,
            unreliability_interval = new[] { scores.UnreliabilityInterval.Low, scores.UnreliabilityInterval.High },
        };

    private static object Describe(JudgedReply reply) =>
        new
        {
            kind = Naming.SnakeCase(reply.Verdict.Kind),
            score = reply.Verdict.Score,
            score_as_published = reply.Verdict.Published,
            answer = reply.Verdict.Answer,
            tokens = reply.Tokens,
            prompt_tokens = reply.PromptTokens,
            cut = reply.IsCut,
        };

    private static object Describe(Dialogue dialogue) =>
        new
        {
            task_id = dialogue.Task.Id,
            family = dialogue.Task.Family,
            conv_type = dialogue.Choice.Name,
            run = dialogue.Run,
            score = dialogue.Score,
            score_last = dialogue.LastScore,
            score_as_published = dialogue.ScoreAsPublished,
            is_correct = dialogue.AnyAttempt,
            is_correct_last = dialogue.LastTurn,
            first_attempt = dialogue.FirstAttempt,
            attempts = dialogue.Attempts,
            tokens = dialogue.Tokens,
            copied_share = dialogue.CopiedShare,
            contradicted = dialogue.IsContradicted,
            recovery_turn = dialogue.IsContradicted ? dialogue.RecoveryTurn : null,
            end = Naming.SnakeCase(dialogue.End),
            shards = dialogue.Task.Shards,
            revealed_at = dialogue.RevealedAt.ToDictionary(
                shard => Invariant($"{shard.Key + 1}"),
                shard => shard.Value
            ),
            replies = dialogue.Replies.Select(Describe),
            trace = dialogue.Turns.Select(turn => new { role = turn.Role, content = turn.Content }),
        };
}

using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>A reply as it was judged.</summary>
/// <param name="Text">The words.</param>
/// <param name="Tokens">What it took to say them.</param>
/// <param name="Verdict">How its answer was scored.</param>
public sealed record JudgedReply(string Text, int Tokens, Verdict Verdict)
{
    /// <summary>Tokens of what it answered to.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Whether it was cut at the most tokens of a reply.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether its answer is right.</summary>
    public bool Correct => Verdict.IsCorrect;

    /// <summary>Whether it commits itself to an answer.</summary>
    public bool Attempt => Verdict.IsAttempt;
}

/// <summary>One finished dialogue.</summary>
/// <param name="Task">The task.</param>
/// <param name="Choice">How it was put.</param>
/// <param name="Run">The run, from 0.</param>
/// <param name="Turns">Everything said.</param>
/// <param name="Replies">The model's replies; a reply that the script put into its mouth is none.</param>
public sealed record Dialogue(
    ShardedTask Task,
    SimulationChoice Choice,
    int Run,
    IReadOnlyList<ChatTurn> Turns,
    IReadOnlyList<JudgedReply> Replies
)
{
    /// <summary>Why it ended.</summary>
    public DialogueEnd End { get; init; }

    /// <summary>By shard, from 0, the user turn, from 1, that revealed it.</summary>
    public IReadOnlyDictionary<int, int> RevealedAt { get; init; } = new Dictionary<int, int>();

    /// <summary>Whether any reply was correct (the published score).</summary>
    public bool AnyAttempt => Replies.Any(reply => reply.Correct);

    /// <summary>Whether the last reply was correct.</summary>
    public bool LastTurn => Replies[^1].Correct;

    /// <summary>
    /// The published score, 0 to 1: 1 where any reply was correct, else that of the last reply that was an answer (of a translation,
    /// that of its last version).
    /// </summary>
    public double Score => AnyAttempt ? 1 : Replies.LastOrDefault(reply => reply.Attempt)?.Verdict.Score ?? 0;

    /// <summary>The score of the last reply alone, 0 to 1.</summary>
    public double LastScore => Replies[^1].Verdict.Score;

    /// <summary>The published score by the benchmark's own rules, faults included, 0 to 1.</summary>
    public double ScoreAsPublished =>
        Replies.Any(reply => reply.Verdict.IsCorrectAsPublished)
            ? 1
            : Replies.LastOrDefault(reply => reply.Attempt)?.Verdict.Published ?? 0;

    /// <summary>The first reply that committed itself to an answer, from 1; null where none did.</summary>
    public int? FirstAttempt => First(Replies, reply => reply.Attempt);

    /// <summary>Replies that committed themselves to an answer.</summary>
    public int Attempts => Replies.Count(reply => reply.Attempt);

    /// <summary>Tokens of all replies.</summary>
    public int Tokens => Replies.Sum(reply => reply.Tokens);

    /// <summary>The share of the last reply's words that it has from a wrong reply of its own, see <see cref="OwnWords"/>.</summary>
    public double CopiedShare =>
        OwnWords.CopiedShare(
            Replies[^1].Text,
            Replies.SkipLast(1).Where(reply => !reply.Correct).Select(reply => reply.Text),
            Turns.Where(turn => turn.Role == "user").Select(turn => turn.Content)
        );

    /// <summary>
    /// Whether a contradiction counts: a user who is right contradicts a wrong reply in every dialogue of its mode; one who is wrong
    /// contradicts a right reply only where the model gave one.
    /// </summary>
    public bool IsContradicted =>
        Choice.Mode == SimulationMode.ContradictedRightly
        || (Choice.Mode == SimulationMode.ContradictedWrongly && Replies[0].Correct);

    /// <summary>The first right reply after a contradiction, from 1; null where none is right.</summary>
    public int? RecoveryTurn =>
        First([.. Replies.Skip(Choice.Mode == SimulationMode.ContradictedWrongly ? 1 : 0)], reply => reply.Correct);

    /// <summary>By shard the user turn, from 1, that says it word for word.</summary>
    internal static IReadOnlyDictionary<int, int> FindShards(ShardedTask task, IEnumerable<ChatTurn> turns)
    {
        string[] said = [.. turns.Where(turn => turn.Role == "user").Select(turn => turn.Content)];
        return task
            .Shards.Select(
                (shard, i) =>
                    (i, Turn: Array.FindIndex(said, text => text.Contains(shard, StringComparison.Ordinal)) + 1)
            )
            .Where(shard => shard.Turn > 0)
            .ToDictionary(shard => shard.i, shard => shard.Turn);
    }

    private static int? First(IReadOnlyList<JudgedReply> replies, Predicate<JudgedReply> match)
    {
        int index = replies.ToList().FindIndex(match);
        return index < 0 ? null : index + 1;
    }
}

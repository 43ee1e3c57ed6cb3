namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>Decides, without a model, whether a reply solves a task.</summary>
public interface IVerifier
{
    /// <summary>Whether the reply's answer is the gold answer.</summary>
    bool IsCorrect(ShardedTask task, string reply);

    /// <summary>A plausible wrong answer, for the wrong-hint test.</summary>
    string WrongAnswer(ShardedTask task);
}

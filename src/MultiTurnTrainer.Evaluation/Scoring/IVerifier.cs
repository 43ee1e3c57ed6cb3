namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>Decides, without a model, whether a reply solves a task.</summary>
public interface IVerifier
{
    /// <summary>Whether the reply's answer is the gold answer.</summary>
    bool IsCorrect(ShardedTask task, string reply);

    /// <summary>Whether the reply commits itself to an answer, right or wrong.</summary>
    bool IsAttempt(ShardedTask task, string reply);

    /// <summary>The gold answer as a user would say it.</summary>
    string RightAnswer(ShardedTask task);

    /// <summary>A plausible wrong answer, for hints and contradictions.</summary>
    string WrongAnswer(ShardedTask task);
}

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>Decides, without a model, how well a reply solves a task.</summary>
public interface IVerifier
{
    /// <summary>What the score is, for tables: <c>accuracy</c>, or a signature.</summary>
    string Metric(ShardedTask task);

    /// <summary>Finds the answer in a reply and scores it.</summary>
    Verdict Judge(ShardedTask task, string reply);

    /// <summary>Scores what a model took out of a reply as its answer; empty scores 0.</summary>
    Verdict JudgeExtracted(ShardedTask task, string answer) => Judge(task, answer);

    /// <summary>The gold answer as a user would say it.</summary>
    string RightAnswer(ShardedTask task);

    /// <summary>A plausible wrong answer, for hints and contradictions.</summary>
    string WrongAnswer(ShardedTask task);

    /// <summary>Why a task cannot be scored here; null where it can.</summary>
    /// <exception cref="MttException">The task's own fields are wrong.</exception>
    string? WhyUnscorable(ShardedTask task) => null;
}

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Scores the model that is trained on tasks.</summary>
public interface ITaskScorer
{
    /// <summary>Whether its budget is spent: it is asked no more.</summary>
    bool IsSpent { get; }

    /// <summary>The tokens that were written for the scores so far; a run that goes on sets what its checkpoint holds.</summary>
    long Spent { get; set; }

    /// <summary>The file of the tasks.</summary>
    string File { get; }

    /// <summary>What identifies the tasks and how they are put, so that a run is continued with the same.</summary>
    string Fingerprint { get; }

    /// <summary>The mean score, 0 to 100; null where it was asked to stop.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapter">Its adapter as it is.</param>
    /// <param name="stop">Asks to give up.</param>
    double? Score(CausalLM model, Adapter adapter, CancellationToken stop);
}

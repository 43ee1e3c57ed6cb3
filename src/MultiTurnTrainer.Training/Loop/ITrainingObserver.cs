using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Told what a run does, as it happens, on the thread that trains. What is not implemented is not heard.</summary>
public interface ITrainingObserver
{
    /// <summary>Everything is loaded; the first step comes next.</summary>
    void Started(RunSummary run) { }

    /// <summary>An optimizer step is done.</summary>
    void Stepped(StepMetrics metrics) { }

    /// <summary>An evaluation is done.</summary>
    void Evaluated(EvaluationMetrics metrics) { }

    /// <summary>A checkpoint is on the disk.</summary>
    void Saved(int step, string folder) { }

    /// <summary>
    /// Asked to stop in the middle of something that takes too long: the last whole step is saved (before the first
    /// there is nothing to save and no folder), from another thread than the one that trains, and the process may end.
    /// </summary>
    void StoppedMidStep(int step, string? folder) { }

    /// <summary>
    /// Another process of the run is lost, has ended for a reason of its own or (null) has stopped on request: this one is to end, whatever
    /// its main thread waits for. Told from another thread.
    /// </summary>
    void ProcessLost(MttException? problem) { }

    /// <summary>Something the user should know that does not stop the run.</summary>
    void Warned(string message) { }
}

using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation.Live;

/// <summary>What a run is, on the first line of its journal; a replay needs no more than it and the tasks.</summary>
/// <param name="Kind">The kind of journal.</param>
/// <param name="Tool">The version of mtt.</param>
/// <param name="Settings">Who played which part.</param>
/// <param name="Modes">The modes.</param>
/// <param name="Runs">Runs of each task.</param>
/// <param name="Tasks">The tasks' names.</param>
/// <param name="Inputs">Hashes of what the scores depend on beside.</param>
public sealed record LiveHeader(
    string Kind,
    string Tool,
    EvaluateSettings Settings,
    IReadOnlyList<string> Modes,
    int Runs,
    IReadOnlyList<string> Tasks,
    IReadOnlyList<string> Inputs
)
{
    internal const string Name = "mtt evaluate 1";

    /// <summary>Reads the header of a journal.</summary>
    /// <exception cref="MttException">It is no journal of an evaluation.</exception>
    public static LiveHeader Read(string journal)
    {
        using InputLines lines = InputLines.Open(journal, "Name the .journal that mtt evaluate wrote beside --output.");
        try
        {
            LiveHeader header = RecordJson.Read<LiveHeader>(lines.ReadLine() ?? "");
            if (header.Kind == Name)
            {
                return header;
            }
        }
        catch (FormatException)
        {
            // Not a header at all: the same remedy.
        }

        throw new MttException(
            $"{journal}: the first line is not the header of '{Name}'",
            "Name the .journal that mtt evaluate wrote beside --output."
        );
    }

    /// <summary>The job that it was, over the same tasks.</summary>
    public EvaluationJob JobOver(IReadOnlyList<ShardedTask> tasks) =>
        new(
            [.. tasks.Where(task => Tasks.Contains(task.Id))],
            [.. Modes.Select(SimulationChoice.Parse)],
            Runs,
            Settings.Seed
        );
}

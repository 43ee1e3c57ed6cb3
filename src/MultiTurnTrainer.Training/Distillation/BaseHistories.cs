using System.Text.Json;
using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// The base model's replies before the answer turn, generated once and kept in the output folder, so that a resumed run
/// does not generate them again.
/// </summary>
internal static class BaseHistories
{
    /// <summary>Beside each task its replies; null where its context grew over the limit.</summary>
    public static IReadOnlyList<IReadOnlyList<string>?> LoadOrPlay(
        string path,
        IReadOnlyList<RolloutTask> tasks,
        Rollouts rollouts,
        ulong seed
    )
    {
        if (File.Exists(path) && Read(path, tasks) is { } known)
        {
            return known;
        }

        IReadOnlyList<string>?[] histories =
        [
            .. rollouts
                .Play(tasks, adapter: null, seed, task => task.Turns - 1)
                .Select(played =>
                    played.Turns.Count == played.Task.Turns - 1
                        ? played.Turns.Select(turn => turn.Text).ToArray()
                        : null
                ),
        ];
        using OutputFile file = OutputFile.Create(path, force: true);
        for (int i = 0; i < tasks.Count; i++)
        {
            JsonSerializer.Serialize(file.Stream, new Line(tasks[i].Id, histories[i]), JsonText.Compact);
            file.Stream.WriteByte((byte)'\n');
        }

        file.Commit();
        return histories;
    }

    private static IReadOnlyList<IReadOnlyList<string>?>? Read(string path, IReadOnlyList<RolloutTask> tasks)
    {
        Line[] lines = [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<Line>(line)!)];
        return lines.Select(line => line.Id).SequenceEqual(tasks.Select(task => task.Id))
            ? [.. lines.Select(line => line.Replies)]
            : null;
    }

    private sealed record Line(string Id, IReadOnlyList<string>? Replies);
}

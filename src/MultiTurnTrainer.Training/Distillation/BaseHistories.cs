namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// The base model's replies before the answer turn, generated once and kept in the output folder as they are finished,
/// so that a resumed run does not generate them again.
/// </summary>
internal static class BaseHistories
{
    /// <summary>Beside each task its replies; null where its context grew over the limit.</summary>
    /// <param name="path">Where they are kept.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="rollouts">Plays them.</param>
    /// <param name="together">Tasks played together.</param>
    /// <param name="seed">Of the draws.</param>
    public static IReadOnlyList<IReadOnlyList<string>?> LoadOrPlay(
        string path,
        IReadOnlyList<RolloutTask> tasks,
        Rollouts rollouts,
        int together,
        ulong seed
    )
    {
        List<Line> lines = File.Exists(path) ? Read(path, tasks) : [];
        if (lines.Count < tasks.Count)
        {
            // A group that a kill cut short is played anew: its draws follow from the seed and the group's place.
            lines.RemoveRange(lines.Count / together * together, lines.Count % together);
            OutputFile.WriteAllBytes(path, Bytes(lines), force: true);
        }

        for (int first = lines.Count; first < tasks.Count; first += together)
        {
            RolloutTask[] group = [.. tasks.Skip(first).Take(together)];
            Line[] played =
            [
                .. rollouts
                    .Play(group, adapter: null, seed + (ulong)first, task => task.Turns - 1)
                    .Select(trajectory => new Line(
                        trajectory.Task.Id,
                        trajectory.Turns.Count == trajectory.Task.Turns - 1
                            ? [.. trajectory.Turns.Select(turn => turn.Text)]
                            : null
                    )),
            ];
            lines.AddRange(played);
            using FileStream kept = PosixFile.OpenAppend(path);
            kept.Write(Bytes(played));
        }

        return [.. lines.Select(line => line.Replies)];
    }

    /// <summary>The lines that belong to the tasks, up to the first that does not or that a kill left unfinished.</summary>
    private static List<Line> Read(string path, IReadOnlyList<RolloutTask> tasks) =>
        [
            .. File.ReadLines(path)
                .Zip(tasks)
                .Select(pair => (Line: Parse(pair.First), pair.Second.Id))
                .TakeWhile(pair => pair.Line?.Id == pair.Id)
                .Select(pair => pair.Line!),
        ];

    private static Line? Parse(string text)
    {
        try
        {
            JsonView line = JsonView.Parse(text);
            return new Line(
                line.GetProperty("Id").GetString()!,
                line.Get("Replies") is { } replies
                    ? [.. replies.EnumerateArray().Select(reply => reply.GetString()!)]
                    : null
            );
        }
        catch (Exception problem) when (problem is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Bytes(IEnumerable<Line> lines)
    {
        using MemoryStream bytes = new();
        foreach (Line line in lines)
        {
            JsonText.WriteLine(bytes, new JsonFields { ["Id"] = line.Id, ["Replies"] = line.Replies });
        }

        return bytes.ToArray();
    }

    private sealed record Line(string Id, IReadOnlyList<string>? Replies);
}

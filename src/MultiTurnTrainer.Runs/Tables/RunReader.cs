// Folder Tables: runs as rows of one table: what differs between them and what came out, over seeds.
// Refuses to know: how a run was trained.

namespace MultiTurnTrainer.Runs.Tables;

/// <summary>Finds the runs that a path stands for.</summary>
public static class RunReader
{
    private const string Remedy =
        "Name folders that mtt train, mtt train --sweep or mtt run wrote, or files of mtt evaluate --output.";

    /// <summary>
    /// The runs behind a path: a folder of <c>mtt train</c> or <c>mtt run</c>, a folder of such folders as a sweep writes, or an
    /// evaluation's file.
    /// </summary>
    /// <exception cref="MttException">It is none of these.</exception>
    public static IReadOnlyList<RunFacts> Read(string path)
    {
        if (File.Exists(path))
        {
            return [EvaluationFacts.Read(path)];
        }

        InputFile.RequireFolder(path, Remedy);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (ReadOne(folder) is { } run)
        {
            return [run];
        }

        RunFacts[] inside =
        [
            .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(ReadOne).OfType<RunFacts>(),
        ];
        return inside.Length > 0 ? inside : throw new MttException($"{path}: holds no run", Remedy);
    }

    private static RunFacts? ReadOne(string folder)
    {
        string train = Path.Combine(folder, "train");
        if (TrainedFacts.IsOne(train))
        {
            // A run of mtt run: its training and its evaluation are one row.
            RunFacts run = TrainedFacts.Read(train) with
            {
                Name = Path.GetFileName(folder),
            };
            string evaluation = Path.Combine(folder, "evaluate", "evaluation.json");
            string scores = Path.Combine(folder, "evaluate", "scores.jsonl");
            return File.Exists(evaluation) ? RunTable.Join(run, EvaluationFacts.Read(evaluation))
                : File.Exists(scores) ? RunTable.Join(run, ScoreFacts.Read(scores))
                : run;
        }

        return TrainedFacts.IsOne(folder) ? TrainedFacts.Read(folder) : null;
    }
}

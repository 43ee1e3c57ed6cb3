using System.Globalization;
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Training.Rows;

/// <summary>Reads token rows into memory for the loop.</summary>
internal static class RowFiles
{
    /// <summary>All rows of some files, in order; a row without an id is named by file and number.</summary>
    public static IReadOnlyList<TrainingRow> Read(IEnumerable<string> paths) =>
        [
            .. paths.SelectMany(path =>
                TokenRowReader
                    .Read(path)
                    .Select(
                        (row, i) =>
                            new TrainingRow(
                                row.Id
                                    ?? string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}:{i + 1}"),
                                row.InputIds,
                                row.Labels,
                                row.LossWeights
                            )
                    )
            ),
        ];
}

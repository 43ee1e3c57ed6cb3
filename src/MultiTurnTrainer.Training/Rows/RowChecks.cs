namespace MultiTurnTrainer.Training.Rows;

/// <summary>What rows must satisfy before any of them is trained on.</summary>
internal static class RowChecks
{
    /// <summary>Refuses rows that cannot be trained on with this model.</summary>
    /// <param name="rows">All rows of a file.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="vocabulary">Rows of the model's embedding.</param>
    /// <param name="maxLength">The longest row allowed; null for any.</param>
    /// <exception cref="MttException">No row, no label, a token beyond the vocabulary, a row that is too long.</exception>
    public static void Require(IReadOnlyList<TokenRow> rows, string file, int vocabulary, int? maxLength)
    {
        if (rows.Count == 0)
        {
            throw new MttException($"{file}: holds no row", "Make rows with mtt mask.");
        }

        foreach (TokenRow row in rows)
        {
            RequireShape(row, file);
            RequireVocabulary(row, file, vocabulary);
        }

        if (maxLength is { } limit)
        {
            TokenRow[] tooLong = [.. rows.Where(row => row.InputIds.Length > limit)];
            if (tooLong.Length > 0)
            {
                throw new MttException(
                    Invariant(
                        $"{file}: {Counted.Of(tooLong.Length, "row is", "rows are")} longer than max_length = {limit} (row {tooLong[0].Id} has {tooLong[0].InputIds.Length} tokens)"
                    ),
                    "Raise train.max_length, or truncate by turns when making the rows (mtt mask --max-length)."
                );
            }
        }

        if (!rows.Any(IsSupervised))
        {
            throw new MttException(
                Invariant(
                    $"{file}: none of {Counted.Of(rows.Count, "row")} has a supervised token with a weight above 0"
                ),
                "Look at the mask with mtt mask --show 3: the template, the roles or the weights leave nothing to learn."
            );
        }
    }

    private static bool IsSupervised(TokenRow row) =>
        Enumerable
            .Range(1, Math.Max(0, row.Labels.Length - 1))
            .Any(t => row.Labels[t] != TokenRow.Unsupervised && row.LossWeights?[t] is not 0);

    private static void RequireShape(TokenRow row, string file)
    {
        if (row.Labels.Length != row.InputIds.Length)
        {
            throw new MttException(
                Invariant(
                    $"{file}: row {row.Id} has {row.InputIds.Length} input_ids and {Counted.Of(row.Labels.Length, "label")}"
                ),
                "Each token needs one label, -100 where it is not supervised."
            );
        }

        if (row.LossWeights is { } weights)
        {
            if (weights.Length != row.InputIds.Length)
            {
                throw new MttException(
                    Invariant(
                        $"{file}: row {row.Id} has {row.InputIds.Length} input_ids and {weights.Length} loss_weights"
                    ),
                    "Each token needs one weight."
                );
            }

            if (weights.Any(weight => !float.IsFinite(weight) || weight < 0))
            {
                throw new MttException(
                    $"{file}: row {row.Id} has a loss weight that is negative or not finite",
                    "Weights are 0 or more."
                );
            }
        }
    }

    private static void RequireVocabulary(TokenRow row, string file, int vocabulary)
    {
        for (int t = 0; t < row.InputIds.Length; t++)
        {
            int id = row.InputIds[t];
            int label = row.Labels[t];
            bool badLabel = label != TokenRow.Unsupervised && (label < 0 || label >= vocabulary);
            if (id < 0 || id >= vocabulary || badLabel)
            {
                throw new MttException(
                    Invariant(
                        $"{file}: row {row.Id} has {(badLabel ? "label" : "token")} {(badLabel ? label : id)} at position {t}, the model knows 0 to {vocabulary - 1}"
                    ),
                    "The rows were made with another tokenizer: make them again with mtt mask --model and this model."
                );
            }
        }
    }
}

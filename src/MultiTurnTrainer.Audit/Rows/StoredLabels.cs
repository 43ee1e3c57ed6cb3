namespace MultiTurnTrainer.Audit.Rows;

/// <summary>The rows of a stored one, with the labels that it has, even where they are not the tokens'.</summary>
internal static class StoredLabels
{
    private const string Remedy = "Audit the rows that the trainer itself has written, unshifted.";

    /// <summary>One row, or one for each sequence of a pack.</summary>
    /// <exception cref="MttException">Its lists contradict each other, or its labels are shifted.</exception>
    public static IReadOnlyList<AuditedRow> Rows(StoredRow stored, string place)
    {
        try
        {
            stored = WithSequences(stored);
            int[]? labels = stored.Ints.GetValueOrDefault("labels");
            RefuseShifted(stored, labels, place);
            StoredRow plain = labels is null ? stored : WithOwnTokens(stored, labels);
            List<AuditedRow> rows = [];
            int at = stored.Ints.TryGetValue("attention_mask", out int[]? attended)
                ? Math.Max(0, Array.FindIndex(attended, mask => mask != 0))
                : 0;
            foreach (TokenRow row in plain.Rows(labelsOptional: false))
            {
                int[] own = labels is null ? row.Labels : labels[at..(at + row.Length)];
                at += row.Length;
                rows.Add(new AuditedRow(row.Id, row.InputIds, own, row.LossWeights) { Place = place });
            }

            return rows;
        }
        catch (InvalidDataException problem)
        {
            throw new MttException($"{place}: {problem.Message}", Remedy, problem);
        }
    }

    // Labels that are another token's would be refused below; here they are what is looked for.
    private static StoredRow WithOwnTokens(StoredRow stored, int[] labels)
    {
        int[] ids = stored.Ints["input_ids"];
        if (ids.Length != labels.Length)
        {
            return stored;
        }

        int[] own = [.. labels.Select((label, i) => label < 0 ? label : ids[i])];
        return stored with
        {
            Ints = new Dictionary<string, int[]>(stored.Ints, StringComparer.Ordinal) { ["labels"] = own },
        };
    }

    /// <summary>LLaMA-Factory numbers the sequences of a pack in the attention mask.</summary>
    private static StoredRow WithSequences(StoredRow stored)
    {
        if (!stored.Ints.TryGetValue("attention_mask", out int[]? mask) || !Array.Exists(mask, value => value > 1))
        {
            return stored;
        }

        List<int> lengths = [];
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] == 0)
            {
                continue;
            }

            if (i == 0 || mask[i] != mask[i - 1])
            {
                lengths.Add(0);
            }

            lengths[^1]++;
        }

        return stored with
        {
            Ints = new Dictionary<string, int[]>(stored.Ints, StringComparer.Ordinal)
            {
                ["attention_mask"] = [.. mask.Select(value => Math.Min(value, 1))],
                ["seq_lengths"] = [.. lengths],
            },
        };
    }

    private static void RefuseShifted(StoredRow stored, int[]? labels, string place)
    {
        if (labels is null || !stored.Ints.TryGetValue("input_ids", out int[]? ids) || ids.Length != labels.Length)
        {
            return;
        }

        int next = 0;
        int own = 0;
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            if (labels[i] >= 0)
            {
                next += labels[i] == ids[i + 1] ? 1 : 0;
                own += labels[i] == ids[i] ? 1 : 0;
            }
        }

        if (next > 4 && next > 2 * own)
        {
            throw new MttException(
                $"{place}: its labels are shifted: each is the token after its own",
                "Trainers shift inside the model: audit the rows before that, where labels[i] is input_ids[i] or -100."
            );
        }
    }
}

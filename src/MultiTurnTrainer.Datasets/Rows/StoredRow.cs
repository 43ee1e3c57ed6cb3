namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// A token row as other tools store it: padded (<c>attention_mask</c>), packed (<c>seq_lengths</c>, <c>position_ids</c>),
/// or with masks in place of labels. Becomes the rows that mtt trains on.
/// </summary>
/// <param name="Id">Its id, or null.</param>
/// <param name="Ints">Its lists of integers by name; a null list is as if it were not there.</param>
/// <param name="LossWeights">The weights, or null.</param>
/// <param name="Spans">The spans, or null.</param>
internal sealed record StoredRow(
    string? Id,
    IReadOnlyDictionary<string, int[]> Ints,
    float[]? LossWeights,
    IReadOnlyList<SupervisedSpan>? Spans
)
{
    private static readonly string[] _masks = ["completion_mask", "assistant_masks", "loss_mask"];

    /// <summary>The lists of integers that are read.</summary>
    public static IReadOnlyList<string> Lists { get; } =
    ["input_ids", "labels", "attention_mask", "position_ids", "seq_lengths", .. _masks];

    /// <summary>Why a column cannot be read; null for one that is read, or says nothing about training.</summary>
    public static string? Unsupported(string column) =>
        column switch
        {
            "inputs_embeds" or "pixel_values" or "image_grid_thw" or "input_features" =>
                $"{column} is not supported: rows are token ids, without images or sound",
            "decoder_input_ids" or "decoder_attention_mask" =>
                $"{column} is not supported: models are decoders that predict the next token",
            "cu_seqlens" or "seq_idx" or "sequence_ids" =>
                $"{column} is not supported: give seq_lengths, or position_ids that begin at 0 in each sequence",
            _ => null,
        };

    /// <summary>The rows: one, or one for each sequence of a pack.</summary>
    /// <param name="labelsOptional">Whether every token counts where neither labels nor masks say otherwise.</param>
    /// <exception cref="InvalidDataException">The lists contradict each other.</exception>
    public IEnumerable<TokenRow> Rows(bool labelsOptional)
    {
        int[] ids = List("input_ids") ?? throw new InvalidDataException("is not a token row: it has no input_ids");
        TokenRow row = new(Id, ids, Labels(ids, labelsOptional), LossWeights, Spans);
        if (row.Problem() is { } problem)
        {
            throw new InvalidDataException(problem);
        }

        (int start, int end) = Attended(row);
        IReadOnlyList<int> lengths = Sequences(start, end);
        if (lengths.Count <= 1)
        {
            yield return start == 0 && end == row.Length ? row : row.Slice(start, end, row.Id);
            yield break;
        }

        for (int i = 0; i < lengths.Count; i++)
        {
            yield return row.Slice(start, start + lengths[i], row.Id is null ? null : $"{row.Id}#{i}");
            start += lengths[i];
        }
    }

    private int[]? List(string name, int? length = null)
    {
        int[]? list = Ints.GetValueOrDefault(name);
        return list is null || length is null || list.Length == length
            ? list
            : throw new InvalidDataException(
                $"{name} has {Counted.Of(list.Length, "entry", "entries")} where input_ids has {length}"
            );
    }

    private int[] Labels(int[] ids, bool optional)
    {
        int[]? labels = List("labels");
        int[]? supervised = null;
        foreach (string name in _masks)
        {
            if (List(name, ids.Length) is not { } mask)
            {
                continue;
            }

            supervised ??= [.. ids];
            for (int i = 0; i < mask.Length; i++)
            {
                if (mask[i] is not (0 or 1))
                {
                    throw new InvalidDataException($"{name}[{i}] is {mask[i]}, not 0 or 1");
                }

                if (mask[i] == 0 && labels is not null && i < labels.Length && labels[i] != TokenRow.Unsupervised)
                {
                    throw new InvalidDataException($"labels[{i}] is supervised where {name} says that it is not");
                }

                supervised[i] = mask[i] == 0 ? TokenRow.Unsupervised : supervised[i];
            }
        }

        return labels
            ?? supervised
            ?? (
                optional || ids.Length == 0
                    ? [.. ids]
                    : throw new InvalidDataException(
                        "is not a token row to learn: it has neither labels nor completion_mask nor assistant_masks"
                    )
            );
    }

    /// <summary>The tokens that are not padding.</summary>
    private (int Start, int End) Attended(TokenRow row)
    {
        if (List("attention_mask", row.Length) is not { } mask)
        {
            return (0, row.Length);
        }

        int start = Array.FindIndex(mask, attended => attended != 0);
        int end = Array.FindLastIndex(mask, attended => attended != 0) + 1;
        if (start < 0)
        {
            throw new InvalidDataException("attention_mask attends to nothing");
        }

        for (int i = 0; i < mask.Length; i++)
        {
            bool inside = i >= start && i < end;
            if (mask[i] is not (0 or 1) || (inside && mask[i] == 0))
            {
                throw new InvalidDataException(
                    inside && mask[i] == 0
                        ? $"attention_mask[{i}] is 0 between attended tokens: only padding at the ends is supported"
                        : $"attention_mask[{i}] is {mask[i]}, not 0 or 1"
                );
            }

            if (!inside && row.Labels[i] != TokenRow.Unsupervised && Ints.ContainsKey("labels"))
            {
                throw new InvalidDataException(
                    $"labels[{i}] is supervised where attention_mask says that it is padding"
                );
            }
        }

        return (start, end);
    }

    /// <summary>The lengths of the sequences between two tokens; empty for one.</summary>
    private IReadOnlyList<int> Sequences(int start, int end)
    {
        int[] lengths = Positions(start, end);
        if (List("seq_lengths") is not { } given)
        {
            return lengths;
        }

        return given.Any(length => length <= 0) || given.Sum() != end - start
                ? throw new InvalidDataException(
                    $"seq_lengths adds up to {given.Sum()} where the row has {Counted.Of(end - start, "token")}"
                )
            : lengths.Length == 0 || lengths.SequenceEqual(given) ? given
            : throw new InvalidDataException("seq_lengths and position_ids name different sequences");
    }

    private int[] Positions(int start, int end)
    {
        if (List("position_ids", Ints["input_ids"].Length) is not { } positions)
        {
            return [];
        }

        List<int> lengths = [];
        for (int i = start; i < end; i++)
        {
            if (positions[i] == 0)
            {
                lengths.Add(0);
            }

            if (lengths.Count == 0 || positions[i] != lengths[^1])
            {
                throw new InvalidDataException(
                    $"position_ids[{i}] is {positions[i]}: only positions that count from 0 in each sequence are supported"
                );
            }

            lengths[^1]++;
        }

        return [.. lengths];
    }
}

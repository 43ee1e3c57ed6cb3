using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>All rows of a run, checked against the model, with the packing plan.</summary>
/// <param name="Rows">What is trained on; empty where an objective has data of its own.</param>
/// <param name="Evaluation">What is evaluated on; empty for nothing.</param>
/// <param name="Packing">Which rows share a pack; null without packing.</param>
internal sealed record TrainingData(
    IReadOnlyList<TokenRow> Rows,
    IReadOnlyList<TokenRow> Evaluation,
    PackingPlan? Packing
)
{
    /// <summary>Reads and checks the rows of a request.</summary>
    /// <param name="request">Names the files.</param>
    /// <param name="vocabulary">Rows of the model's embedding.</param>
    /// <param name="stop">Asks to give up.</param>
    /// <exception cref="MttException">Rows that cannot be trained on with this model.</exception>
    public static TrainingData Load(TrainRequest request, int vocabulary, CancellationToken stop)
    {
        TrainSettings settings = request.Train;
        IReadOnlyList<TokenRow> rows = [];
        if (request.Distillation is null)
        {
            rows = request.Preferences?.Rows ?? [.. request.TrainFiles.SelectMany(file => Read(request, file, stop))];
            RowChecks.Require(rows, string.Join(", ", request.TrainFiles), vocabulary, settings.MaxLength);
        }

        IReadOnlyList<TokenRow> evaluation = [];
        if (request.EvalFile is { } held)
        {
            evaluation = [.. Read(request, held, stop)];
            RowChecks.Require(evaluation, held, vocabulary, settings.MaxLength);
        }

        PackingPlan? packing = null;
        if (settings.Packing && rows.Count > 0)
        {
            packing = Pack(request.Preferences?.PairLengths, rows, settings);
        }

        return new TrainingData(rows, evaluation, packing);
    }

    // A pack holds whole pairs, so it is at least as long as the longest of them.
    private static PackingPlan Pack(int[]? pairs, IReadOnlyList<TokenRow> rows, TrainSettings settings)
    {
        int[] lengths = pairs ?? [.. rows.Select(row => row.InputIds.Length)];
        int longest = lengths.DefaultIfEmpty().Max();
        int capacity = settings.MaxLength ?? longest;
        return BestFitDecreasing.Plan(lengths, pairs is null ? capacity : Math.Max(capacity, longest), settings.Seed);
    }

    /// <summary>SHA-256 over the tokens, labels and weights of some rows, whatever file they came from.</summary>
    public static string Hash(IReadOnlyList<TokenRow> rows)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TokenRow row in rows)
        {
            hash.AppendData(BitConverter.GetBytes(row.InputIds.Length));
            hash.AppendData(MemoryMarshal.AsBytes(row.InputIds.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(row.Labels.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(row.LossWeights.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<TokenRow> Read(TrainRequest request, string file, CancellationToken stop)
    {
        TokenizerCheck.Require(file, request.Model);
        return request
            .ReadRows(file)
            .Select(
                (row, i) =>
                {
                    stop.ThrowIfCancellationRequested();
                    return row with { Id = row.Id ?? Invariant($"{Path.GetFileName(file)}:{i + 1}") };
                }
            );
    }
}

using MultiTurnTrainer.Training.Objectives;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What a step of a spike, or one without a finite loss, looked like: which rows, which losses, which gradients.</summary>
internal static class SpikeReport
{
    private const int Named = 5;

    /// <summary>Writes <c>divergence.json</c> and says the most important of it in a few lines.</summary>
    /// <param name="path">Where to write; null where another process of the run does.</param>
    /// <param name="step">The step.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="parts">Its micro-batches with their results.</param>
    /// <param name="parameters">Values before the step, and its gradient.</param>
    public static string Write(
        string? path,
        int step,
        string reason,
        IReadOnlyList<(IMicroBatch Batch, MicroResult Result)> parts,
        ParameterSet parameters
    )
    {
        (string Name, double Norm)[] norms =
        [
            .. parameters
                .All.Select(parameter => (parameter.Name, Norm: Norm(parameter.Gradient)))
                .OrderByDescending(pair => double.IsFinite(pair.Norm) ? pair.Norm : double.PositiveInfinity),
        ];
        (IMicroBatch Batch, double Loss)[] batches =
        [
            .. parts
                .Where(part => part.Batch.SupervisedTokens > 0)
                .Select(part => (part.Batch, Loss: part.Result.LossSum / part.Batch.SupervisedTokens))
                .OrderByDescending(pair => double.IsFinite(pair.Loss) ? pair.Loss : double.PositiveInfinity),
        ];
        JsonFields json = new()
        {
            ["step"] = step,
            ["reason"] = reason,
            ["micro_batches"] = batches.Select(pair => new
            {
                loss = Text(pair.Loss),
                supervised_tokens = pair.Batch.SupervisedTokens,
                rows = pair.Batch.RowIds,
            }),
            ["gradient_norms"] = norms.ToDictionary(pair => pair.Name, pair => Text(pair.Norm)),
        };
        if (path is not null)
        {
            using MemoryStream bytes = new();
            JsonText.WritePage(bytes, json);
            OutputFile.WriteAllBytes(path, bytes.ToArray(), force: true);
        }

        string rows = batches.Length == 0 ? "none" : string.Join(", ", batches[0].Batch.RowIds.Take(Named));
        string worst = string.Join(", ", norms.Take(Named).Select(pair => $"{pair.Name} {Text(pair.Norm)}"));
        return Invariant(
            $"step {step}: {reason}; rows of the worst micro-batch: {rows}; gradient norms: {worst}; all in {path}"
        );
    }

    private static double Norm(Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        return gradient.norm().item<float>();
    }

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}

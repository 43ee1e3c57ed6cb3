using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// Watches the loss: NaN and infinity always stop; so does a loss far outside what the last steps showed, measured
/// against their mean and standard deviation and, since those are small late in training, against twice their median.
/// </summary>
/// <param name="threshold">Standard deviations above the mean; 0 watches for NaN and infinity only.</param>
internal sealed class SpikeGuard(double threshold)
{
    private const int _window = 128;
    private const int _enough = 16;
    private readonly Queue<double> _recent = new();

    /// <summary>What is wrong with a step, or null. A sound loss joins the window.</summary>
    public string? Check(double loss, double gradNorm)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(gradNorm))
        {
            return double.IsFinite(loss) ? $"the gradient norm is {gradNorm}" : $"the loss is {loss}";
        }

        if (threshold > 0 && _recent.Count >= _enough)
        {
            double mean = _recent.Average();
            double deviation = Math.Sqrt(_recent.Average(value => (value - mean) * (value - mean)));
            double median = _recent.Order().ElementAt(_recent.Count / 2);
            if (loss > mean + (threshold * deviation) && loss > 2 * median)
            {
                return FormattableString.Invariant(
                    $"the loss is {loss:G4} where the last {_recent.Count} steps had {mean:G4} ± {deviation:G2}"
                );
            }
        }

        _recent.Enqueue(loss);
        if (_recent.Count > _window)
        {
            _recent.Dequeue();
        }

        return null;
    }

    /// <summary>The window, for a checkpoint.</summary>
    public JsonArray Save() => [.. _recent.Select(value => JsonValue.Create(value))];

    /// <summary>Takes a saved window back.</summary>
    public void Restore(JsonArray window)
    {
        _recent.Clear();
        foreach (JsonNode? value in window)
        {
            _recent.Enqueue(value!.GetValue<double>());
        }
    }
}

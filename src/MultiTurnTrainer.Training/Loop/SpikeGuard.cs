using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// Watches the loss: NaN and infinity always stop; so does a spike. A step's rise is what its loss lies above the median of the few steps
/// before it, as a share of that median: a falling loss has none, and noise has the same at every height, so the steep start of a
/// run does not hide what comes soon after it. A spike is a rise far outside the rises so far, to more than twice the median, and no
/// matter of a few hundredths of a nat.
/// </summary>
/// <param name="threshold">Standard deviations of the rises; 0 watches for NaN and infinity only.</param>
internal sealed class SpikeGuard(double threshold)
{
    private const int Window = 128;
    private const int Enough = 16;
    private const int Before = 5;
    private const double Double = 1;
    private const double Least = 0.1;

    // What is believed of the rises before any was seen, and the number of steps that weigh as much.
    private const double Assumed = 0.3;
    private const int AssumedSteps = 2;
    private readonly Queue<double> _recent = new();

    /// <summary>What is wrong with a step, or null. A sound loss joins the window.</summary>
    public string? Check(double loss, double gradNorm)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(gradNorm))
        {
            return double.IsFinite(loss) ? $"the gradient norm is {gradNorm}" : $"the loss is {loss}";
        }

        if (threshold > 0 && _recent.Count >= Enough)
        {
            double[] losses = [.. _recent, loss];
            double level = GetLevel(losses, losses.Length - 1);
            double rise = GetRise(losses, losses.Length - 1);
            double deviation = GetDeviation(losses);
            if (rise > threshold * deviation && rise > Double && loss > level + Least)
            {
                return FormattableString.Invariant(
                    $"the loss is {loss:G4} where the steps before it had {level:G4} and varied by {100 * deviation:F0} %"
                );
            }
        }

        _recent.Enqueue(loss);
        if (_recent.Count > Window)
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

    // Of the rises before the last step, each counted as if the loss had fallen as often.
    private static double GetDeviation(double[] losses)
    {
        int seen = losses.Length - 2;
        double sum = Enumerable.Range(1, seen).Sum(step => 2 * Math.Pow(GetRise(losses, step), 2));
        return Math.Sqrt((sum + (AssumedSteps * Assumed * Assumed)) / (seen + AssumedSteps));
    }

    private static double GetLevel(double[] losses, int step)
    {
        double[] before = losses[Math.Max(0, step - Before)..step];
        Array.Sort(before);
        return before[before.Length / 2];
    }

    private static double GetRise(double[] losses, int step)
    {
        double level = GetLevel(losses, step);
        return level > 0 ? Math.Max(0, (losses[step] / level) - 1) : 0;
    }
}

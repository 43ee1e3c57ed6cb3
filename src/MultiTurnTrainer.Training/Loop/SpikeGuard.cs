namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// Watches the loss. A step's rise is what its loss lies above the median of the few steps before it, as a share of that median: a
/// falling loss has none, and noise has the same at every height, so the steep start of a run does not hide what comes soon after it.
/// A spike is three steps in a row whose rise is far outside the rises so far, to more than twice the median, and no matter of a few
/// hundredths of a nat: one such step is ordinary where rows differ. Steps are compared with steps of the same branch of the objective.
/// </summary>
/// <param name="threshold">Standard deviations of the rises; 0 finds no spike.</param>
internal sealed class SpikeGuard(double threshold)
{
    private const int InARow = 3;
    private const int Window = 128;
    private const int Enough = 16;
    private const int Before = 5;
    private const double Double = 1;
    private const double Least = 0.1;

    // What is believed of the rises before any was seen, and the number of steps that weigh as much.
    private const double Assumed = 0.3;
    private const int AssumedSteps = 2;
    private readonly Dictionary<string, Branch> _branches = [];

    /// <summary>What stops a run whatever its settings: a loss or a gradient norm that is no number; null where both are.</summary>
    public static string? FindNotFinite(double loss, double gradNorm) =>
        !double.IsFinite(loss) ? $"the loss is {loss}"
        : !double.IsFinite(gradNorm) ? $"the gradient norm is {gradNorm}"
        : null;

    /// <summary>The spike that a step completes, or null. A spike's last step is forgotten unless it is accepted.</summary>
    /// <param name="branch">What the step's loss is comparable with.</param>
    /// <param name="loss">Its loss, finite.</param>
    public string? Check(string branch, double loss)
    {
        if (!_branches.TryGetValue(branch, out Branch? seen))
        {
            _branches[branch] = seen = new Branch([], []);
        }

        if (FindRise(seen.Losses, loss) is not { } rise)
        {
            Accept(branch, loss);
            return null;
        }

        if (seen.Rises.Count + 1 < InARow)
        {
            seen.Rises.Add(loss);
            return null;
        }

        return $"{rise}, as in the {InARow - 1} steps before{(branch.Length > 0 ? $" (of the branch {branch})" : "")}";
    }

    /// <summary>Takes a step's loss, and the rises before it, as what the steps to come are compared with.</summary>
    public void Accept(string branch, double loss)
    {
        Branch seen = _branches[branch];
        foreach (double value in (double[])[.. seen.Rises, loss])
        {
            seen.Losses.Enqueue(value);
            if (seen.Losses.Count > Window)
            {
                seen.Losses.Dequeue();
            }
        }

        seen.Rises.Clear();
    }

    /// <summary>What was seen, for a checkpoint.</summary>
    public JsonFields Save()
    {
        JsonFields json = [];
        foreach ((string name, Branch branch) in _branches)
        {
            json[name] = new JsonFields { ["losses"] = Write(branch.Losses), ["rises"] = Write(branch.Rises) };
        }

        return json;
    }

    /// <summary>Takes a saved state back; null is that of a run that has not begun.</summary>
    public void Restore(JsonView? saved)
    {
        _branches.Clear();
        if (saved is not { Kind: JsonKind.Object } branches)
        {
            return;
        }

        foreach (JsonMember branch in branches.EnumerateObject())
        {
            _branches[branch.Name] = new Branch(new(Read(branch.Value, "losses")), [.. Read(branch.Value, "rises")]);
        }
    }

    private static List<object?> Write(IEnumerable<double> values) => [.. values];

    private static IEnumerable<double> Read(JsonView branch, string name) =>
        branch.GetProperty(name).EnumerateArray().Select(value => value.GetDouble());

    private string? FindRise(Queue<double> before, double loss)
    {
        if (threshold <= 0 || before.Count < Enough)
        {
            return null;
        }

        double[] losses = [.. before, loss];
        double level = GetLevel(losses, losses.Length - 1);
        double rise = GetRise(losses, losses.Length - 1);
        double deviation = GetDeviation(losses);
        return rise > threshold * deviation && rise > Double && loss > level + Least
            ? Invariant(
                $"the loss is {loss:G4} where the steps before it had {level:G4} and varied by {100 * deviation:F0} %"
            )
            : null;
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

    /// <summary>What was seen of one branch.</summary>
    /// <param name="Losses">The window.</param>
    /// <param name="Rises">The latest steps, where they may begin a spike.</param>
    private sealed record Branch(Queue<double> Losses, List<double> Rises);
}

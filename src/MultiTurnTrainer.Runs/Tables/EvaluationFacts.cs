namespace MultiTurnTrainer.Runs.Tables;

/// <summary>What a file of <c>mtt evaluate --output</c> says.</summary>
internal static class EvaluationFacts
{
    /// <summary>Reads it: a measure a mode, <c>FAMILY:MODE</c>, the mean score from 0 to 100.</summary>
    /// <exception cref="MttException">It is no such file.</exception>
    public static RunFacts Read(string path)
    {
        EvaluationFile file = EvaluationFile.Read(path);
        List<Measure> measures = [];
        foreach (string family in file.Families)
        {
            MethodComparison comparison = MethodComparison.Of([file.Only(family)]);
            string prefix = family.Length > 0 ? family : "tasks";
            measures.AddRange(comparison.Cells.Select(cell => new Measure($"{prefix}:{cell.Mode}", cell.Mean)));
            measures.AddRange(comparison.Kept.Select(kept => new Measure($"{prefix}:sharded/full", kept.Ratio)));
        }

        if (file.Spent is { } spent)
        {
            measures.Add(new Measure("cost", spent.Money));
        }

        return new RunFacts(file.Name)
        {
            Seed = file.Seed,
            Policy = file.Policy?[..Math.Min(12, file.Policy.Length)],
            Measures = measures,
        };
    }
}

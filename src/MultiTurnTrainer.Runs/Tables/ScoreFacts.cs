namespace MultiTurnTrainer.Runs.Tables;

/// <summary>What a file of <c>mtt score --output</c> says.</summary>
internal static class ScoreFacts
{
    /// <summary>Reads it: the loss over all supervised tokens.</summary>
    public static RunFacts Read(string path)
    {
        (double sum, double tokens) = (0, 0);
        foreach (JsonView line in TrainedFacts.Lines(path))
        {
            double supervised = TrainedFacts.Number(line, "supervised_tokens") ?? 0;
            sum += supervised * (TrainedFacts.Number(line, "loss") ?? 0);
            tokens += supervised;
        }

        return new RunFacts(Path.GetFileNameWithoutExtension(path))
        {
            Measures = tokens > 0 ? [new Measure("scored_loss", sum / tokens)] : [],
        };
    }
}

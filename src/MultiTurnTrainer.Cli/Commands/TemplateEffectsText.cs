namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What a model's template does to conversations, for commands that read them for another end than their rows.</summary>
internal static class TemplateEffectsText
{
    /// <summary>Writes the lines that <c>mtt mask</c> would write.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="folder">The model's folder; null writes nothing.</param>
    /// <param name="inputs">Conversation files.</param>
    /// <param name="rows">How they are rendered.</param>
    public static void Write(TextWriter log, string? folder, IReadOnlyList<string> inputs, RowOptions rows)
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            RowRun run = new(RowModel.Load(folder, rows), rows);
            foreach (string line in run.Count(inputs).Lines.Concat(run.RefusalLines))
            {
                log.WriteLine(Printable.Line(line));
            }
        }
        catch (MttException problem)
        {
            log.WriteLine(Printable.Of($"note: what the template does cannot be told: {problem.Message}"));
        }
    }
}

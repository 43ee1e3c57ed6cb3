namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>Cleans files: streaming, the same bytes for the same input, with a manifest beside the output.</summary>
public static class CleaningRun
{
    private const int BatchBytes = 1 << 19;

    /// <summary>What training on the output is, and what it is not.</summary>
    public const string Note =
        "The replies are logged, not sampled from the model in training: this is off-policy history cleaning, not MAIGO.";

    /// <summary>Reads conversations in any format and writes records.</summary>
    /// <param name="inputs">The files.</param>
    /// <param name="output">The records, JSON lines.</param>
    /// <param name="settings">What stays and what goes.</param>
    /// <param name="conversion">How rows of other formats become conversations; they get one spelling in any case.</param>
    /// <param name="unrendered">The answers of a conversation that the template does not render, by index: they become no records; null for no template.</param>
    /// <param name="shard">The part of all rows that is cleaned.</param>
    /// <param name="force">Whether a non-empty output may be replaced.</param>
    /// <param name="cancellation">Ends it without an output.</param>
    public static CleaningCounts Run(
        IReadOnlyList<string> inputs,
        string output,
        CleaningSettings settings,
        ConversionOptions conversion,
        Func<Conversation, IReadOnlyCollection<int>>? unrendered,
        Shard shard,
        bool force,
        CancellationToken cancellation
    )
    {
        conversion = conversion with { Normalise = true };
        CleaningCounts counts = new();
        HistoryCleaner cleaner = new(settings, counts, unrendered);
        using (OutputFile file = OutputFile.Create(output, force))
        {
            long number = shard.Count == 1 ? 0 : shard.FirstOf(ConversationBatch.CountRows(inputs));
            foreach (
                Conversation conversation in ConversationBatch
                    .Read(inputs, BatchBytes, shard)
                    .SelectMany(batch => batch.Parse(conversion))
            )
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (CleanedRecord record in cleaner.Clean(conversation, number))
                {
                    file.Stream.Write(RecordJson.ToLine(record));
                    file.Stream.WriteByte((byte)'\n');
                }

                number++;
            }

            file.Commit();
        }

        WriteManifest(inputs, output, settings, conversion, shard, counts);
        return counts;
    }

    private static void WriteManifest(
        IReadOnlyList<string> inputs,
        string output,
        CleaningSettings settings,
        ConversionOptions conversion,
        Shard shard,
        CleaningCounts counts
    )
    {
        Manifest manifest = new("clean");
        foreach (string input in inputs.Where(input => input != "-"))
        {
            manifest.AddInput("conversations", input);
        }

        manifest.Options["back_references"] = Naming.SnakeCase(settings.BackReferences);
        manifest.Options["corrections"] = Naming.SnakeCase(settings.Corrections);
        manifest.Options["tool_exchanges"] = Naming.SnakeCase(settings.ToolExchanges);
        manifest.Options["consecutive_users"] = Naming.SnakeCase(settings.ConsecutiveUsers);
        manifest.Options["canonical_task"] = settings.CanonicalTask;
        manifest.Options["preference"] = conversion.Preference?.ToString().ToLowerInvariant();
        manifest.Options["prompt_answers"] = conversion.PromptAnswers;
        manifest.Options["canonical_role"] = "user";
        manifest.Options["note"] = Note;
        if (shard.Count > 1)
        {
            manifest.Options["shard"] = shard.Text;
        }

        counts.AddTo(manifest.Counts);

        manifest.AddOutput(output);
        manifest.WriteBeside(output);
    }
}

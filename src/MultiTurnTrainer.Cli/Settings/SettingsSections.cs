namespace MultiTurnTrainer.Cli.Settings;

/// <summary>The sections that <c>mtt.yaml</c> may have, with the record each is bound to.</summary>
internal static class SettingsSections
{
    public static IReadOnlyDictionary<string, Type> Types { get; } =
        new Dictionary<string, Type>(StringComparer.Ordinal)
        {
            ["model"] = typeof(ModelSettings),
            ["data"] = typeof(DataSettings),
            ["mask"] = typeof(MaskSettings),
            ["train"] = typeof(TrainSettings),
            ["lora"] = typeof(LoraSettings),
            [PolicyFile.Section] = typeof(ContextPolicy),
            ["artefacts"] = typeof(ArtefactSettings),
            ["rows"] = typeof(RowOptions),
            ["distill"] = typeof(DistillationSettings),
            ["preference"] = typeof(PreferenceSettings),
            ["rollouts"] = typeof(CompletionSettings),
            ["shard"] = typeof(ShardSettings),
            ["clean"] = typeof(CleaningSettings),
            ["review"] = typeof(ReviewSettings),
            ["eval_tasks"] = typeof(EvalTasksSettings),
            ["evaluate"] = typeof(EvaluateSettings),
            ["sessions"] = typeof(SessionsSettings),
            ["validate"] = typeof(ValidateSettings),
            ["output"] = typeof(OutputSettings),
        };

    /// <summary>What to say of a name that no section at hand has: another program's, or a setting of another section.</summary>
    public static string? Advice(string name) => ForeignSettings.Advice(name) ?? Elsewhere(name);

    // `learning_rate` at the top level, `r` under `train`.
    private static string? Elsewhere(string name)
    {
        string[] sections =
        [
            .. Types
                .Where(section =>
                    section.Value.GetProperties().Any(property => Naming.SnakeCase(property.Name) == name)
                )
                .Select(section => section.Key),
        ];
        return sections.Length == 1 ? $"It belongs under '{sections[0]}:'." : null;
    }
}

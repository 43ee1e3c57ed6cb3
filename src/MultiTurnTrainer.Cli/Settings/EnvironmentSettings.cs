namespace MultiTurnTrainer.Cli.Settings;

/// <summary>
/// Settings in the environment: <c>MTT_TRAIN__LEARNING_RATE</c> is <c>train.learning_rate</c>. Two underscores are the point;
/// variables without them are no settings.
/// </summary>
internal static class EnvironmentSettings
{
    /// <summary>Names the settings file, as <c>--config</c> does.</summary>
    public const string File = "MTT_CONFIG";

    private const string Prefix = "MTT_";

    /// <summary>The settings, in the order of their names.</summary>
    public static IEnumerable<SettingsOverride> Read(IDictionary variables) =>
        variables
            .Keys.Cast<string>()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Where(name => name.Contains("__", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new SettingsOverride($"{Key(name)}={variables[name]}", name));

    private static string Key(string name) =>
        name[Prefix.Length..].Replace("__", ".", StringComparison.Ordinal).ToLowerInvariant();
}

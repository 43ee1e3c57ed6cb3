namespace MultiTurnTrainer.Cli.Settings;

/// <summary>The options <c>--config</c> and <c>--set</c>, the same for every command that reads settings.</summary>
internal sealed class SettingsOptions
{
    public Option<string?> Config { get; } =
        new("--config") { Description = "Settings file; default: mtt.yaml, found upwards.", HelpName = "FILE" };

    public Option<string[]> Set { get; } =
        new("--set")
        {
            Description = "Override any setting, repeatable: --set train.learning_rate=1e-4.",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };

    public void AddTo(Command command)
    {
        command.Add(Config);
        command.Add(Set);
    }

    /// <summary>Loads the settings; <paramref name="flags"/> win over <c>--set</c>.</summary>
    public SettingsFile Load(ParseResult parsed, IEnumerable<SettingsOverride>? flags = null) =>
        SettingsFile.Load(
            parsed.GetValue(Config),
            [.. (parsed.GetValue(Set) ?? []).Select(text => new SettingsOverride(text)), .. flags ?? []]
        );
}

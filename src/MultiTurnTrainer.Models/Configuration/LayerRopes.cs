namespace MultiTurnTrainer.Models.Configuration;

/// <summary>The rotations that a configuration names, in both spellings, for a family to give to its layers.</summary>
/// <param name="fields">The configuration.</param>
/// <param name="modelType">Names the family in errors.</param>
/// <param name="headDimension">The width of a head.</param>
/// <param name="positions">The longest sequence.</param>
/// <param name="windows">For each layer its window.</param>
internal sealed class LayerRopes(
    ConfigFields fields,
    string modelType,
    int headDimension,
    int positions,
    IReadOnlyList<int?> windows
)
{
    /// <summary>The base of most families.</summary>
    public const double Theta = 10_000;

    /// <summary>The configuration.</summary>
    public ConfigFields Fields => fields;

    /// <summary>For each layer its window.</summary>
    public IReadOnlyList<int?> Windows => windows;

    /// <summary>The older spelling's object; null where it is silent.</summary>
    public ConfigFields? Old { get; } = fields.Object("rope_scaling");

    /// <summary>The newer spelling's object; null where it is silent.</summary>
    public ConfigFields? Now { get; } = fields.Object("rope_parameters");

    /// <summary>One rotation for every layer.</summary>
    public IReadOnlyList<RopeConfig?> Alike(double theta = Theta, double partial = 1)
    {
        RopeConfig rope = Read(Now ?? Old, theta, partial);
        return [.. windows.Select(_ => rope)];
    }

    /// <summary>Reads one rotation.</summary>
    /// <param name="own">Its object; null where there is none.</param>
    /// <param name="theta">The base where nothing says one.</param>
    /// <param name="partial">The share of a head that rotates where nothing says one.</param>
    /// <param name="head">The width of a head, where the layers' differ.</param>
    public RopeConfig Read(ConfigFields? own, double theta, double partial = 1, int? head = null) =>
        RopeConfigReader.Read(fields, own, theta, head ?? headDimension, positions, modelType, partial);

    /// <summary>One rotation for the layers with a window, another for those without.</summary>
    public IReadOnlyList<RopeConfig?> ByWindow(RopeConfig wide, RopeConfig local)
    {
        Now?.RefuseUnread(modelType);
        return [.. windows.Select(window => window is null ? wide : local)];
    }
}

using MultiTurnTrainer.Audit.Trainers;

namespace MultiTurnTrainer.Audit.Settings;

/// <summary>One key of another trainer's settings.</summary>
/// <param name="Name">The key; of one inside a section, the last name.</param>
/// <param name="Value">Its value as JSON text; <c>null</c> where it is empty.</param>
/// <param name="Place"><c>FILE:LINE: key</c>.</param>
public sealed record ForeignKey(string Name, string Value, string Place);

/// <summary>Another trainer's settings, key by key, to be carried over.</summary>
/// <param name="Kind">Whose they are.</param>
/// <param name="Model">The model that they name, or null.</param>
/// <param name="Data">The data files that they name.</param>
/// <param name="Keys">All keys, those of data sets included.</param>
public sealed record ForeignConfig(
    TrainerKind Kind,
    string? Model,
    IReadOnlyList<string> Data,
    IReadOnlyList<ForeignKey> Keys
)
{
    // Sections whose keys are settings of their own.
    private static readonly string[] _sections = ["datasets", "train_on_responses_only"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">Whose settings; null tells by the keys.</param>
    /// <exception cref="MttException">It is nobody's settings, or cannot be read.</exception>
    public static ForeignConfig Read(string path, TrainerKind? kind)
    {
        LoadedTrainer loaded = TrainerLoader.Load(path, kind);
        TrainerConfig config = TrainerConfig.Load(path);
        List<ForeignKey> keys = [];
        foreach (string name in config.Names)
        {
            object? value = config.Take(name);
            JsonFields? section = _sections.Contains(name)
                ? value as JsonFields ?? (value as List<object?>)?.FirstOrDefault() as JsonFields
                : null;
            keys.Add(new ForeignKey(name, section is null ? Text(value) : "…", config.Place(name)));
            foreach ((string inner, object? own) in section ?? [])
            {
                keys.Add(new ForeignKey(inner, Text(own), $"{config.Place(name)}.{inner}"));
            }
        }

        return new ForeignConfig(loaded.Kind, loaded.Model, loaded.Data, keys);
    }

    private static string Text(object? value) => value is null ? "null" : JsonText.Line(value);
}

namespace MultiTurnTrainer.Training.Checkpoints;

/// <summary>
/// What a run's numbers depend on, part by part, so that a refusal to resume can say which part changed: settings
/// that shape the maths, the model's weights, the data, the adapter's first weights, the packing.
/// </summary>
/// <param name="Parts">A hash per part, and every setting by its dotted name.</param>
internal sealed record RunFingerprint(IReadOnlyDictionary<string, string> Parts)
{
    // Where a run ends. A resumed one may end later; its steps so far are the same ones.
    private static readonly string[] _length = ["train.max_steps", "train.num_train_epochs"];

    /// <summary>Whether another run ends where this one does.</summary>
    public bool HasLengthOf(RunFingerprint other) =>
        Array.TrueForAll(_length, part => Parts.GetValueOrDefault(part) == other.Parts.GetValueOrDefault(part));

    /// <summary>Refuses a checkpoint that another run wrote, unless it only ends elsewhere.</summary>
    /// <exception cref="MttException">A part differs; the message names all that do.</exception>
    public void RequireSame(RunFingerprint stored, string folder)
    {
        string[] changed =
        [
            .. Parts
                .Keys.Union(stored.Parts.Keys)
                .Except(_length)
                .Where(part => Parts.GetValueOrDefault(part) != stored.Parts.GetValueOrDefault(part))
                .Order(StringComparer.Ordinal)
                .Select(part => IsSetting(part) ? $"{part} ({stored.Shown(part)} then, {Shown(part)} now)" : part),
        ];
        if (changed.Length > 0)
        {
            throw new MttException(
                $"{folder}: written by another run: {string.Join(", ", changed)} differ",
                "Resume with the settings, model and data the run began with, or start a new output folder."
            );
        }
    }

    /// <summary>The parts with all settings as one hash, for a manifest or report that names the settings anyway.</summary>
    public RunFingerprint Shorten()
    {
        IEnumerable<string> settings = Parts
            .Where(part => IsSetting(part.Key))
            .OrderBy(part => part.Key, StringComparer.Ordinal)
            .Select(part => $"{part.Key}={part.Value}");
        Dictionary<string, string> parts = Parts
            .Where(part => !IsSetting(part.Key))
            .ToDictionary(part => part.Key, part => part.Value);
        parts["settings"] = ContentHash.Of(Encoding.UTF8.GetBytes(string.Join('\n', settings)));
        return new RunFingerprint(parts);
    }

    private string Shown(string part) => Parts.GetValueOrDefault(part) is { Length: > 0 } value ? value : "none";

    // A setting is there by its dotted name and value, so that a refusal can say both.
    private static bool IsSetting(string part) => part.Contains('.', StringComparison.Ordinal);

    /// <summary>As JSON, keys sorted.</summary>
    public JsonFields ToJson()
    {
        JsonFields json = [];
        foreach ((string name, string value) in Parts.OrderBy(part => part.Key, StringComparer.Ordinal))
        {
            json[name] = value;
        }

        return json;
    }

    /// <summary>Reads <see cref="ToJson"/> back.</summary>
    public static RunFingerprint FromJson(JsonView json) =>
        new(json.EnumerateObject().ToDictionary(part => part.Name, part => part.Value.GetString()!));
}

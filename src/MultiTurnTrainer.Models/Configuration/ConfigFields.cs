namespace MultiTurnTrainer.Models.Configuration;

/// <summary>
/// The fields of one JSON object of a configuration. Every read marks its field as understood, so that what is left
/// over can be refused by name: a field that nobody read may change the maths.
/// </summary>
internal sealed class ConfigFields(JsonElement json, string path, string prefix = "")
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public bool Has(string name) => Find(name) is not null;

    public int Int(string name, int? fallback = null)
    {
        if (Find(name) is not { } value)
        {
            return fallback ?? throw Missing(name);
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == (int)number
            ? (int)number
            : throw Wrong(name, "a whole number");
    }

    public int Positive(string name, int? fallback = null, int most = int.MaxValue)
    {
        int value = Int(name, fallback);
        return value <= 0 ? throw Wrong(name, "a number above 0")
            : value > most ? throw Wrong(name, $"a number up to {most}")
            : value;
    }

    public double Double(string name, double? fallback = null)
    {
        if (Find(name) is not { } value)
        {
            return fallback ?? throw Missing(name);
        }

        return value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble())
            ? value.GetDouble()
            : throw Wrong(name, "a number");
    }

    /// <summary>A number above 0.</summary>
    public double Above(string name, double fallback)
    {
        double value = Double(name, fallback);
        return value > 0 ? value : throw Wrong(name, "a number above 0");
    }

    /// <summary>Refuses a field that says anything else than what the family always does.</summary>
    public void Require(string name, bool wanted)
    {
        if (Bool(name, wanted) != wanted)
        {
            throw Unsupported(name, wanted ? "true" : "false");
        }
    }

    public double? OptionalDouble(string name) => Has(name) ? Double(name) : null;

    public bool Bool(string name, bool fallback) =>
        Find(name) is not { } value ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, "true or false");

    public string? Text(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(name, "a text");

    public double[] Doubles(string name) =>
        List(name, JsonValueKind.Number, value => value.GetDouble(), "a list of numbers");

    public string[] Texts(string name) =>
        List(name, JsonValueKind.String, value => value.GetString()!, "a list of texts");

    /// <summary>The fields of a nested object, or null where it is absent.</summary>
    public ConfigFields? Object(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigFields(value, path, $"{prefix}{name}.")
        : throw Wrong(name, "an object");

    /// <summary>A field whether it is null (found, with a null value) or absent (false).</summary>
    public bool IsNull(string name)
    {
        _seen.Add(name);
        return json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Null;
    }

    /// <summary>Whether a field is true.</summary>
    public bool IsTrue(string name) => Find(name) is { ValueKind: JsonValueKind.True };

    /// <summary>Whether a field is false.</summary>
    public bool IsFalse(string name) => Find(name) is { ValueKind: JsonValueKind.False };

    /// <summary>Marks fields as read that have no bearing on the maths.</summary>
    public void Ignore(params IEnumerable<string> names) => _seen.UnionWith(names);

    /// <summary>Refuses the first field that nobody read and that holds more than null, false or nothing.</summary>
    public void RefuseUnread(string modelType)
    {
        foreach (JsonProperty property in json.EnumerateObject())
        {
            bool inert = property.Value.ValueKind switch
            {
                JsonValueKind.Null or JsonValueKind.False => true,
                JsonValueKind.String => property.Value.GetString()!.Length == 0,
                JsonValueKind.Array => property.Value.GetArrayLength() == 0,
                JsonValueKind.Object => !property.Value.EnumerateObject().Any(),
                _ => false,
            };
            if (!inert && !property.Name.StartsWith('_') && !_seen.Contains(property.Name))
            {
                throw new MttException(
                    $"{path}: {prefix}{property.Name} = {property.Value.GetRawText()} is not supported for {modelType}",
                    "It may change what the model computes. If you know that it does not, take it out of the file."
                );
            }
        }
    }

    public MttException Wrong(string name, string wanted)
    {
        string found = json.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "nothing";
        return new MttException(
            $"{path}: {prefix}{name} is {found}, {wanted} is needed",
            "Check the file against the model's page."
        );
    }

    public MttException Unsupported(string name, string known) =>
        new($"{path}: {prefix}{name} = {json.GetProperty(name).GetRawText()} is not supported", $"Supported: {known}.");

    private MttException Missing(string name) =>
        new($"{path}: {prefix}{name} is missing", "Give the config.json that belongs to the weights.");

    private T[] List<T>(string name, JsonValueKind kind, Func<JsonElement, T> read, string wanted)
    {
        JsonElement value = Find(name) ?? throw Missing(name);
        return
            value.ValueKind == JsonValueKind.Array
            && value
                .EnumerateArray()
                .All(item =>
                    item.ValueKind == kind && (kind != JsonValueKind.Number || double.IsFinite(item.GetDouble()))
                )
            ? [.. value.EnumerateArray().Select(read)]
            : throw Wrong(name, wanted);
    }

    private JsonElement? Find(string name)
    {
        _seen.Add(name);
        return json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }
}

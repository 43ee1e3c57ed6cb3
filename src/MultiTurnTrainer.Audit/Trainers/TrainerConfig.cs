namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>
/// The settings that a user has for another trainer, YAML or JSON. Whoever reads a key takes it; what nobody took is named, for
/// it may change what is trained.
/// </summary>
internal sealed class TrainerConfig
{
    private readonly JsonFields _root;
    private readonly Dictionary<string, long> _lines;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    private TrainerConfig(string path, JsonFields root, Dictionary<string, long> lines)
    {
        Path = path;
        _root = root;
        _lines = lines;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The names at the top.</summary>
    public IEnumerable<string> Names => _root.Select(member => member.Key);

    /// <summary>Reads a file; JSON is read as YAML, of which it is a part.</summary>
    /// <exception cref="MttException">The file is missing, or neither YAML nor JSON.</exception>
    public static TrainerConfig Load(string path)
    {
        string text = InputFile.ReadText(
            path,
            "Name the trainer's own settings, such as axolotl.yaml.",
            YamlText.MaxBytes
        );
        try
        {
            Dictionary<string, long> lines = new(StringComparer.Ordinal);
            return YamlText.Parse(text) is YamlMappingNode mapping && ToJson(mapping, "", lines) is JsonFields root
                ? new TrainerConfig(path, root, lines)
                : throw new MttException($"{path}: holds no settings", "Name the trainer's own settings.");
        }
        catch (YamlException problem)
        {
            throw new MttException(
                Invariant($"{path}:{problem.Start.Line}: neither YAML nor JSON: {problem.Message}"),
                "Correct the file; the trainer could not read it either.",
                problem
            );
        }
    }

    /// <summary>A value and everything below it; null where it is absent.</summary>
    public object? Take(string name)
    {
        _taken.Add(name);
        return _root.Get(name);
    }

    /// <summary>A text; null where it is absent.</summary>
    /// <exception cref="MttException">It is something else.</exception>
    public string? Text(string name) => TextOf(Take(name), name);

    /// <summary>A truth value.</summary>
    /// <exception cref="MttException">It is something else.</exception>
    public bool? Flag(string name) => FlagOf(Take(name), name);

    /// <summary>A whole number.</summary>
    /// <exception cref="MttException">It is something else.</exception>
    public int? Number(string name) =>
        Take(name) switch
        {
            null => null,
            JsonView value when value.TryGetInt32(out int number) => number,
            { } value => throw Wrong(name, value, "a whole number"),
        };

    /// <summary>A text of a part of the settings.</summary>
    public string? TextOf(object? value, string name) =>
        value is null ? null : value as string ?? throw Wrong(name, value, "a text");

    /// <summary>A truth value of a part of the settings.</summary>
    public bool? FlagOf(object? value, string name) =>
        value switch
        {
            null => null,
            bool flag => flag,
            _ => throw Wrong(name, value, "true or false"),
        };

    /// <summary>Says that names are known and change nothing of a row.</summary>
    public void Ignore(IEnumerable<string> names) => _taken.UnionWith(names);

    /// <summary>What nobody took, as <c>FILE:LINE: name</c>.</summary>
    public IReadOnlyList<string> Unknown() => [.. Names.Where(name => !_taken.Contains(name)).Select(Place)];

    /// <summary><c>FILE:LINE: name</c>.</summary>
    public string Place(string name) => Invariant($"{Path}:{_lines.GetValueOrDefault(name, 1)}: {name}");

    /// <summary>A path beside the file.</summary>
    public string Beside(string relative) =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? "", relative == "." ? "" : relative);

    /// <summary>What to throw for a value that this trainer's rule is not written down for.</summary>
    public MttException Unsupported(string name, string what, string remedy) => new($"{Place(name)}: {what}", remedy);

    private MttException Wrong(string name, object value, string wanted) =>
        new(
            $"{Place(name)}: is {JsonText.AsciiLine(value)}, not {wanted}",
            "Correct it; the trainer would refuse it too."
        );

    private static object? ToJson(YamlNode node, string path, Dictionary<string, long> lines)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                JsonFields owner = [];
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    string name = key.ToString();
                    lines[path.Length == 0 ? name : $"{path}.{name}"] = key.Start.Line;
                    owner[name] = ToJson(value, path.Length == 0 ? name : $"{path}.{name}", lines);
                }

                return owner;
            case YamlSequenceNode sequence:
                return sequence.Select((item, i) => ToJson(item, $"{path}[{i}]", lines)).ToList();
            case YamlScalarNode scalar:
                return Scalar(scalar);
            default:
                return null;
        }
    }

    private static object? Scalar(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
        {
            return text;
        }

        return text.ToLowerInvariant() switch
        {
            "" or "~" or "null" => null,
            "true" or "yes" or "on" => true,
            "false" or "no" or "off" => false,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) =>
                JsonView.Parse(whole.ToString(CultureInfo.InvariantCulture)),
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) =>
                double.IsFinite(number) ? JsonView.Parse(number.ToString("R", CultureInfo.InvariantCulture)) : text,
            _ => text,
        };
    }
}

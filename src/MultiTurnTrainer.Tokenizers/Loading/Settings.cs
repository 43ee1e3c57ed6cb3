using MultiTurnTrainer.Tokenizers.Regex;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>An object of tokenizer.json: typed fields, with errors that name the path.</summary>
/// <param name="element">The object.</param>
/// <param name="path">Where it lies, such as <c>normalizer.normalizers[1]</c>.</param>
internal readonly struct Settings(JsonElement element, string path)
{
    /// <summary>Where the object lies.</summary>
    public string Path => path;

    /// <summary>The object's <c>type</c>, or null.</summary>
    public string? Type =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty("type", out JsonElement type)
        && type.ValueKind == JsonValueKind.String
            ? type.GetString()
            : null;

    /// <summary>The object's <c>type</c> where it is one of these, else null.</summary>
    public string? TypeAmong(ReadOnlySpan<string> kinds) => Type is { } type && kinds.Contains(type) ? type : null;

    /// <summary>Insists on a <c>type</c>.</summary>
    public void NeedType(string type)
    {
        if (Type != type)
        {
            throw Wrong("type", $"\"{type}\"");
        }
    }

    /// <summary>Whether a field is there and not null.</summary>
    public bool Has(string name) => TryGet(name, out _);

    /// <summary>A boolean that must be there.</summary>
    public bool Flag(string name) => OptionalFlag(name) ?? throw Missing(name);

    /// <summary>A boolean that may be left out, but not null.</summary>
    public bool Flag(string name, bool otherwise) => IsLeftOut(name) ? otherwise : Flag(name);

    /// <summary>A boolean, or null where it is absent.</summary>
    public bool? OptionalFlag(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(name, "true or false");
    }

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => OptionalText(name) ?? throw Missing(name);

    /// <summary>A text that may be left out, but not null.</summary>
    public string Text(string name, string otherwise) => IsLeftOut(name) ? otherwise : Text(name);

    /// <summary>A text, or null where it is absent.</summary>
    public string? OptionalText(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? TextOf(value, name) : throw Wrong(name, "a string");
    }

    /// <summary>A text of exactly one scalar.</summary>
    public int Scalar(string name)
    {
        string text = Text(name);
        StringRuneEnumerator runes = text.EnumerateRunes();
        if (!runes.MoveNext())
        {
            throw Wrong(name, "one character");
        }

        int scalar = runes.Current.Value;
        return runes.MoveNext() ? throw Wrong(name, "one character") : scalar;
    }

    /// <summary>A whole number that is not negative and must be there.</summary>
    public int Number(string name) => OptionalNumber(name) ?? throw Missing(name);

    /// <summary>A whole number that may be left out, but not null.</summary>
    public int Number(string name, int otherwise) => IsLeftOut(name) ? otherwise : Number(name);

    /// <summary>An id, which must be there: a whole number of 32 bits.</summary>
    public int Id(string name) => Value(name).AsId();

    /// <summary>The value itself as an id.</summary>
    public int AsId() =>
        element.ValueKind == JsonValueKind.Number && element.TryGetUInt32(out uint id)
            ? (int)Math.Min(id, int.MaxValue)
            : throw Error("must be an id");

    /// <summary>The value itself as a text.</summary>
    public string AsText() =>
        element.ValueKind == JsonValueKind.String ? TextOf(element, "") : throw Error("must be a string");

    /// <summary>A whole number that is not negative, or null where it is absent.</summary>
    public int? OptionalNumber(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0
            ? (int)Math.Min(number, int.MaxValue)
            : throw Wrong(name, "a whole number");
    }

    /// <summary>The elements of a list that must be there, with their paths.</summary>
    public IEnumerable<Settings> List(string name)
    {
        if (!TryGet(name, out JsonElement list))
        {
            throw Missing(name);
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(name, "a list");
        }

        string at = $"{path}.{name}";
        return list.EnumerateArray().Select((item, i) => new Settings(item, $"{at}[{i}]"));
    }

    /// <summary>Whether the object has this field and no other, as a choice must.</summary>
    public bool HasOnly(string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.EnumerateObject().Count() == 1
        && element.TryGetProperty(name, out _);

    /// <summary>An object or other value that must be there.</summary>
    public Settings Value(string name) =>
        TryGet(name, out JsonElement value) ? new Settings(value, $"{path}.{name}") : throw Missing(name);

    /// <summary>The fields of the object.</summary>
    public IEnumerable<(string Name, Settings Value)> Fields()
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Error("must be an object");
        }

        string at = path;
        return element.EnumerateObject().Select(field => (field.Name, new Settings(field.Value, $"{at}.{field.Name}")));
    }

    /// <summary>The value itself.</summary>
    public JsonElement Json => element;

    /// <summary>A <c>{"String": …}</c> or <c>{"Regex": …}</c> pattern that must be there.</summary>
    public ITextPattern Pattern(string name)
    {
        Settings value = Value(name);
        if (value.HasOnly("String"))
        {
            return new LiteralPattern(Utf8.GetBytes(value.Text("String")));
        }

        if (!value.HasOnly("Regex"))
        {
            throw Wrong(name, "{\"String\": …} or {\"Regex\": …}");
        }

        try
        {
            return new OnigRegex(value.Text("Regex"));
        }
        catch (RegexSyntaxException problem)
        {
            throw new TokenizerFormatException($"{value.Path}.Regex: {problem.Message}");
        }
    }

    /// <summary>An error about the object itself.</summary>
    public TokenizerFormatException Error(string what) => new($"{path}: {what}");

    private bool IsLeftOut(string name) =>
        element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out _);

    private bool TryGet(string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty(name, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    private string TextOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "a string of valid Unicode");
        }
    }

    private TokenizerFormatException Missing(string name) => new($"{path}: the field \"{name}\" is missing");

    private TokenizerFormatException Wrong(string name, string expected) =>
        new($"{path}{(name.Length > 0 ? "." : "")}{name}: must be {expected}");
}

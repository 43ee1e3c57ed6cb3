namespace MultiTurnTrainer.Models.Gguf;

/// <summary>What a GGUF file says of its model, by key.</summary>
/// <param name="path">Names the file in errors.</param>
/// <param name="values">Numbers, texts, flags and arrays, as the file types them.</param>
public sealed class GgufMetadata(string path, IReadOnlyDictionary<string, object> values)
{
    /// <summary>The keys.</summary>
    public IEnumerable<string> Keys => values.Keys;

    /// <summary>A text, or null where the file has none.</summary>
    public string? Text(string key) => Find<string>(key, "a text");

    /// <summary>A text that must be there.</summary>
    public string RequireText(string key) => Text(key) ?? throw Missing(key);

    /// <summary>A whole number, or null where the file has none.</summary>
    public long? Number(string key) =>
        values.GetValueOrDefault(key) switch
        {
            null => null,
            byte value => value,
            sbyte value => value,
            ushort value => value,
            short value => value,
            uint value => value,
            int value => value,
            long value => value,
            ulong value when value <= long.MaxValue => (long)value,
            _ => throw Wrong(key, "a whole number"),
        };

    /// <summary>A whole number that must be there.</summary>
    public long RequireNumber(string key) => Number(key) ?? throw Missing(key);

    /// <summary>A finite real number, or null where the file has none.</summary>
    public double? Real(string key) =>
        values.GetValueOrDefault(key) switch
        {
            null => null,
            float value when float.IsFinite(value) => Decimal(value),
            double value when double.IsFinite(value) => value,
            _ => throw Wrong(key, "a finite real number"),
        };

    /// <summary>A flag, or null where the file has none.</summary>
    public bool? Flag(string key) =>
        values.GetValueOrDefault(key) switch
        {
            null => null,
            bool value => value,
            _ => throw Wrong(key, "true or false"),
        };

    /// <summary>A list, or null where the file has none.</summary>
    public T[]? List<T>(string key) => Find<T[]>(key, $"a list of {typeof(T).Name}");

    /// <summary>A list that must be there.</summary>
    public T[] RequireList<T>(string key) => List<T>(key) ?? throw Missing(key);

    /// <summary>A key whose value cannot be honoured.</summary>
    public MttException Unsupported(string key, string known) =>
        new($"{path}: {key} is '{values.GetValueOrDefault(key)}', which is not supported", $"Known: {known}.");

    private T? Find<T>(string key, string what)
        where T : class => values.GetValueOrDefault(key) is not { } value ? null : value as T ?? throw Wrong(key, what);

    // 1e-5 in single precision is 9.99999974e-06 in double, and a configuration says 1e-05.
    private static double Decimal(float value) =>
        double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private MttException Missing(string key) =>
        new($"{path}: its metadata lacks '{key}'", "Convert the model to GGUF again with today's llama.cpp.");

    private MttException Wrong(string key, string what) =>
        new($"{path}: {key} is not {what}", "Convert the model to GGUF again with today's llama.cpp.");
}

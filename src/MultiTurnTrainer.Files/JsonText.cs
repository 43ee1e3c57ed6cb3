namespace MultiTurnTrainer.Files;

/// <summary>How mtt writes JSON: plain UTF-8, no escapes that JSON does not ask for.</summary>
public static class JsonText
{
    /// <summary>One line.</summary>
    public static JsonSerializerOptions Compact { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Two spaces, for files people read.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Compact) { WriteIndented = true, NewLine = "\n" };

    /// <summary>The same choices for a <see cref="Utf8JsonWriter"/>.</summary>
    public static JsonWriterOptions Writer { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Fields, a list of them, or an object of an anonymous type, on one line without its end.</summary>
    public static string Line(object value) => JsonSerializer.Serialize(value, Compact);

    /// <summary>The same over several lines, with a line end.</summary>
    public static string Page(object value) => JsonSerializer.Serialize(value, Indented) + "\n";

    /// <summary>The same as a line of a file.</summary>
    public static void WriteLine(Stream output, object value)
    {
        JsonSerializer.Serialize(output, value, Compact);
        output.Write("\n"u8);
    }

    /// <summary>The same over several lines, without a line end.</summary>
    public static void WritePage(Stream output, object value) => JsonSerializer.Serialize(output, value, Indented);
}

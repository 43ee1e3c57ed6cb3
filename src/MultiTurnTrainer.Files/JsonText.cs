namespace MultiTurnTrainer.Files;

/// <summary>How mtt writes JSON: plain UTF-8, no escapes that JSON does not ask for.</summary>
public static class JsonText
{
    /// <summary>One line.</summary>
    public static JsonSerializerOptions Compact { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Two spaces, for files people read.</summary>
    public static JsonSerializerOptions Indented { get; } =
        new()
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = true,
            NewLine = "\n",
        };

    /// <summary>The same choices for a <see cref="Utf8JsonWriter"/>.</summary>
    public static JsonWriterOptions Writer { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}

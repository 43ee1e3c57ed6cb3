using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files;

/// <summary>How mtt writes JSON: plain UTF-8, no escapes that JSON does not ask for.</summary>
public static class JsonText
{
    private static readonly JsonSerializerOptions _ascii = new() { MaxDepth = JsonView.MaxDepth };

    /// <summary>One line.</summary>
    public static JsonSerializerOptions Compact { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = JsonView.MaxDepth };

    /// <summary>Two spaces, for files people read.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Compact) { WriteIndented = true, NewLine = "\n" };

    /// <summary>The same choices for a <see cref="Utf8JsonWriter"/>.</summary>
    public static JsonWriterOptions Writer => JsonWriter.Options;

    /// <summary>Fields, a list of them, or an object of an anonymous type, on one line without its end.</summary>
    public static string Line(object value) => JsonSerializer.Serialize(value, Compact);

    /// <summary>The same in ASCII: every other character, and what HTML reads as a mark, is an escape.</summary>
    public static string AsciiLine(object? value) => JsonSerializer.Serialize(value, _ascii);

    /// <summary>The same in UTF-8.</summary>
    public static byte[] LineBytes(object value) => JsonSerializer.SerializeToUtf8Bytes(value, Compact);

    /// <summary>The same over several lines, with a line end.</summary>
    public static string Page(object value) => JsonSerializer.Serialize(value, Indented) + "\n";

    /// <summary>The same as <see cref="WritePage"/> has it.</summary>
    public static byte[] PageBytes(object value) => JsonSerializer.SerializeToUtf8Bytes(value, Indented);

    /// <summary>The same as a line of a file.</summary>
    public static void WriteLine(Stream output, object value)
    {
        JsonSerializer.Serialize(output, value, Compact);
        output.Write("\n"u8);
    }

    /// <summary>The same over several lines, without a line end.</summary>
    public static void WritePage(Stream output, object value) => JsonSerializer.Serialize(output, value, Indented);

    /// <summary>The same as a value to read.</summary>
    public static JsonView ToView(object? value) => JsonView.Adopt(JsonSerializer.SerializeToUtf8Bytes(value, Compact));

    /// <summary>A JSON text on one line; it is left as it is otherwise.</summary>
    public static byte[] OneLine(ReadOnlyMemory<byte> json)
    {
        using JsonDocument parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = JsonView.MaxDepth });
        return JsonSerializer.SerializeToUtf8Bytes(parsed.RootElement, Compact);
    }

    /// <summary>Reads the texts of an object; members of other kinds are passed over.</summary>
    /// <param name="json">The text.</param>
    /// <param name="texts">By name; null where the text is JSON but no object.</param>
    /// <returns>Whether it is JSON.</returns>
    public static bool TryReadTexts(string json, out Dictionary<string, string>? texts)
    {
        texts = null;
        try
        {
            JsonElement root = JsonSerializer.Deserialize<JsonElement>(json);
            if (root.ValueKind == JsonValueKind.Object)
            {
                texts = [];
                foreach (JsonProperty member in root.EnumerateObject())
                {
                    texts.Remove(member.Name);
                    if (member.Value.ValueKind == JsonValueKind.String)
                    {
                        texts[member.Name] = member.Value.GetString()!;
                    }
                }
            }

            return true;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair is an InvalidOperationException.
            return false;
        }
    }

    /// <summary>Whether a setting of this type takes any value.</summary>
    public static bool IsAnyValue(Type type) => type == typeof(JsonView);

    /// <summary>A value of such a setting.</summary>
    /// <param name="value">Null, a truth, a number, a text, or a list or dictionary of them.</param>
    public static object ToAnyValue(object? value) => ToView(value);
}

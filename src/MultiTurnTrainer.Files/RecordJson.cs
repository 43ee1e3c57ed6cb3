using System.Text.Json.Serialization.Metadata;

namespace MultiTurnTrainer.Files;

/// <summary>Records of mtt's own files as JSON: names in snake_case, enums by their names, nothing that is null.</summary>
public static class RecordJson
{
    private static readonly JsonSerializerOptions _line = new(JsonText.Compact)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 256,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequireWhatIsNeverNull } },
    };

    private static readonly JsonSerializerOptions _page = new(_line) { WriteIndented = true, NewLine = "\n" };

    private static readonly JsonSerializerOptions _whole = new(_line)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>A record on one line, without its end.</summary>
    public static byte[] ToLine<T>(T record) => JsonSerializer.SerializeToUtf8Bytes(record, _line);

    /// <summary>A record over several lines, for files people read.</summary>
    public static byte[] ToPage<T>(T record) => JsonSerializer.SerializeToUtf8Bytes(record, _page);

    /// <summary>A record as a value of <see cref="JsonFields"/>.</summary>
    public static object ToValue<T>(T record) => JsonSerializer.SerializeToElement(record, _line);

    /// <summary>The same with what is null.</summary>
    public static object ToWholeValue<T>(T record) => JsonSerializer.SerializeToElement(record, _whole);

    /// <summary>Reads what <see cref="ToLine"/> or <see cref="ToPage"/> wrote.</summary>
    /// <exception cref="FormatException">It is no such record.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, _line) ?? throw new FormatException("it is null");
        }
        catch (JsonException problem)
        {
            throw new FormatException(problem.Message, problem);
        }
    }

    // A record that others wrote may lack anything; what its type says is there must be.
    private static void RequireWhatIsNeverNull(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            property.IsRequired |=
                property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false }
                && !property.PropertyType.IsValueType;
        }
    }

    /// <inheritdoc cref="Read{T}(ReadOnlySpan{byte})"/>
    public static T Read<T>(string json) => Read<T>(Encoding.UTF8.GetBytes(json));
}

namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>
/// A record as a JSON line: <c>id, kind, turn, turns, policy, student_context, reference_context, completion, weight?, tools?,
/// removed, kept, marks</c>.
/// </summary>
internal static class CleanedRecordJson
{
    private static readonly JsonSerializerOptions _options = new(JsonText.Compact)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public static void Write(Utf8JsonWriter json, CleanedRecord record) =>
        JsonSerializer.Serialize(json, record, _options);

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is no record.</exception>
    public static CleanedRecord Read(string line) =>
        JsonSerializer.Deserialize<CleanedRecord>(line, _options) ?? throw new JsonException("it is null");
}

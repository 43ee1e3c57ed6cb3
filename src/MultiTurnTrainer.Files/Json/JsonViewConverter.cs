namespace MultiTurnTrainer.Files.Json;

/// <summary>A <see cref="JsonView"/> as a property of a record.</summary>
internal sealed class JsonViewConverter : JsonConverter<JsonView>
{
    public override bool HandleNull => true;

    public override JsonView Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return JsonView.Parse(JsonMarshal.GetRawUtf8Value(document.RootElement));
    }

    public override void Write(Utf8JsonWriter writer, JsonView value, JsonSerializerOptions options) =>
        value.WriteTo(writer);
}

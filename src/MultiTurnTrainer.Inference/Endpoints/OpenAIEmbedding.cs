namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>The JSON of <c>/v1/embeddings</c> for one text. Whatever is missing or of another type is a transient failure.</summary>
internal static class OpenAIEmbedding
{
    public static byte[] Write(string model, string text)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteString("input", text);
            json.WriteString("encoding_format", "float");
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static ChatReply Read(ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("data", out JsonElement data)
            || data.ValueKind != JsonValueKind.Array
            || data.GetArrayLength() != 1
            || data[0].ValueKind != JsonValueKind.Object
            || !data[0].TryGetProperty("embedding", out JsonElement numbers)
            || numbers.ValueKind != JsonValueKind.Array
        )
        {
            throw new EndpointException(EndpointFault.Transient, "the answer holds no data[0].embedding");
        }

        float[] vector = [.. numbers.EnumerateArray().Select(number => number.GetSingle())];
        return vector.Length > 0 && vector.All(float.IsFinite)
            ? new ChatReply("", TokensOf(root), 0) { Vector = vector }
            : throw new EndpointException(EndpointFault.Transient, "data[0].embedding holds no finite numbers");
    }

    private static int TokensOf(JsonElement root) =>
        root.TryGetProperty("usage", out JsonElement usage)
        && usage.ValueKind == JsonValueKind.Object
        && usage.TryGetProperty("prompt_tokens", out JsonElement tokens)
        && tokens.TryGetInt32(out int count)
            ? Math.Max(0, count)
            : 0;
}

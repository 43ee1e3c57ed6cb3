using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>The JSON of a chat completion request.</summary>
/// <param name="settings">The endpoint's settings.</param>
/// <param name="maxTokensField">The name of the token limit's field.</param>
internal sealed class OpenAIRequestBody(EndpointSettings settings, string maxTokensField)
{
    public byte[] Write(ChatRequest request, string model)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            WriteTurns(json, request.Turns);
            json.WriteNumber("temperature", request.Temperature);
            if (request.TopP is { } topP)
            {
                json.WriteNumber("top_p", topP);
            }

            json.WriteNumber(maxTokensField, request.MaxTokens);
            json.WriteNumber("seed", request.Seed);
            if (request.Schema is { } schema && settings.JsonSchema)
            {
                WriteSchema(json, schema);
            }

            if (settings.Stream)
            {
                json.WriteBoolean("stream", true);
                json.WriteStartObject("stream_options");
                json.WriteBoolean("include_usage", true);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTurns(Utf8JsonWriter json, IReadOnlyList<ChatTurn> turns)
    {
        json.WriteStartArray("messages");
        foreach (ChatTurn turn in turns)
        {
            json.WriteStartObject();
            json.WriteString("role", turn.Role);
            json.WriteString("content", turn.Content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSchema(Utf8JsonWriter json, string schema)
    {
        json.WriteStartObject("response_format");
        json.WriteString("type", "json_schema");
        json.WriteStartObject("json_schema");
        json.WriteString("name", "reply");
        json.WriteBoolean("strict", true);
        json.WritePropertyName("schema");
        json.WriteRawValue(schema);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

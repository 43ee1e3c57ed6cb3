namespace MultiTurnTrainer.Files.Json;

/// <summary>Writes values of a tape: strings escaped as the writer does, numbers as they are spelled.</summary>
internal static class JsonTapeWriter
{
    public static void Write(JsonTape tape, int token, Utf8JsonWriter json)
    {
        int end = tape[token].Next;
        switch (tape[token].Kind)
        {
            case JsonKind.Object:
                json.WriteStartObject();
                for (int at = token + 1; at < end; at = tape[at + 1].Next)
                {
                    WriteName(tape, at, json);
                    Write(tape, at + 1, json);
                }

                json.WriteEndObject();
                break;
            case JsonKind.Array:
                json.WriteStartArray();
                for (int at = token + 1; at < end; at = tape[at].Next)
                {
                    Write(tape, at, json);
                }

                json.WriteEndArray();
                break;
            case JsonKind.String when (tape[token].Flags & JsonFlags.Escaped) == 0:
                json.WriteStringValue(tape.Raw(token));
                break;
            case JsonKind.String when (tape[token].Flags & JsonFlags.LoneSurrogate) == 0:
                json.WriteStringValue(tape.String(token));
                break;
            default:
                // Half of a surrogate pair can only be written as it is; so are numbers, true, false and null.
                json.WriteRawValue(tape.RawValue(token), skipInputValidation: true);
                break;
        }
    }

    public static void WriteName(JsonTape tape, int name, Utf8JsonWriter json)
    {
        if ((tape[name].Flags & JsonFlags.Escaped) == 0)
        {
            json.WritePropertyName(tape.Raw(name));
        }
        else
        {
            json.WritePropertyName(tape.String(name));
        }
    }
}

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Copies a function's description; Python's type names that BFCL and older sets use (<c>dict</c>, <c>float</c>,
/// <c>tuple</c>, <c>any</c>) become JSON Schema's.
/// </summary>
internal static class SchemaWriter
{
    public static void Copy(JsonTape source, int value, ByteBuilder json)
    {
        ref readonly JsonToken token = ref source[value];
        if (token.Kind == JsonKind.Array)
        {
            json.Add((byte)'[');
            for (int at = value + 1; at < token.Next; at = source[at].Next)
            {
                json.Add(at > value + 1 ? ","u8 : []);
                Copy(source, at, json);
            }

            json.Add((byte)']');
        }
        else if (token.Kind == JsonKind.Object)
        {
            bool first = true;
            json.Add((byte)'{');
            for (int at = value + 1; at < token.Next; at = source[at + 1].Next)
            {
                bool isType = source.Is(at, "type"u8) && source[at + 1].Kind == JsonKind.String;
                if (isType && source.Is(at + 1, "any"u8))
                {
                    continue;
                }

                json.Add(first ? "\""u8 : ",\""u8).Add(source.Raw(at)).Add("\":"u8);
                first = false;
                if (isType)
                {
                    json.Add(Type(source, at + 1));
                }
                else
                {
                    Copy(source, at + 1, json);
                }
            }

            json.Add((byte)'}');
        }
        else
        {
            json.Add(source.RawValue(value));
        }
    }

    private static ReadOnlySpan<byte> Type(JsonTape source, int type) =>
        source.String(type) switch
        {
            "dict" => "\"object\""u8,
            "float" => "\"number\""u8,
            "tuple" or "list" => "\"array\""u8,
            "int" => "\"integer\""u8,
            "str" or "String" => "\"string\""u8,
            "bool" => "\"boolean\""u8,
            _ => source.RawValue(type),
        };
}

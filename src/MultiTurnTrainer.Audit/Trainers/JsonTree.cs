namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>Values of a JSON tree, read as Python reads a dictionary: what is absent is null.</summary>
internal static class JsonTree
{
    private const int MaxDepth = 256;

    /// <summary>Parses one row.</summary>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8) =>
        JsonNode.Parse(utf8, documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth });

    /// <summary>Parses a text inside a row; null in <paramref name="value"/> may be JSON's null.</summary>
    /// <returns>Whether it is JSON.</returns>
    public static bool TryParse(string text, out JsonNode? value)
    {
        try
        {
            value = Parse(Encoding.UTF8.GetBytes(text));
            return true;
        }
        catch (JsonException)
        {
            value = null;
            return false;
        }
    }

    /// <summary>The same as a value to read.</summary>
    public static JsonView ToView(JsonNode? node)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, JsonText.Writer))
        {
            if (node is null)
            {
                json.WriteNullValue();
            }
            else
            {
                node.WriteTo(json);
            }
        }

        return JsonView.Parse(bytes.WrittenSpan);
    }

    /// <summary>The text of a member, or null where it is absent or no text.</summary>
    public static string? Text(this JsonObject owner, string name) => Text(owner[name]);

    /// <summary>The text of a node, or null where it is no text.</summary>
    public static string? Text(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    /// <summary>A text that the trainer cannot do without.</summary>
    /// <exception cref="RefusedRowException">There is none.</exception>
    public static string RequireText(this JsonObject owner, string name) =>
        owner.Text(name) ?? throw new RefusedRowException($"'{name}' is not a text");

    /// <summary>Whether Python takes a value for true.</summary>
    public static bool IsTrue(JsonNode? node) =>
        node?.GetValueKind() switch
        {
            null or JsonValueKind.Null or JsonValueKind.False => false,
            JsonValueKind.Number => node.GetValue<double>() != 0,
            JsonValueKind.String => node.GetValue<string>().Length > 0,
            JsonValueKind.Array => node.AsArray().Count > 0,
            JsonValueKind.Object => node.AsObject().Count > 0,
            _ => true,
        };

    /// <summary>The messages of a list.</summary>
    /// <exception cref="RefusedRowException">It is no list of objects.</exception>
    public static List<JsonObject> Objects(JsonNode? list, string name)
    {
        if (list is not JsonArray array)
        {
            throw new RefusedRowException($"'{name}' is not a list");
        }

        return
        [
            .. array.Select(item =>
                item as JsonObject ?? throw new RefusedRowException($"'{name}' holds something that is no object")
            ),
        ];
    }

    /// <summary>A copy without null values, at any depth.</summary>
    public static JsonNode? WithoutNulls(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject owner:
                JsonObject kept = [];
                foreach ((string name, JsonNode? value) in owner)
                {
                    if (value is not null)
                    {
                        kept[name] = WithoutNulls(value);
                    }
                }

                return kept;
            case JsonArray list:
                return new JsonArray([.. list.Select(WithoutNulls)]);
            default:
                return node?.DeepClone();
        }
    }
}

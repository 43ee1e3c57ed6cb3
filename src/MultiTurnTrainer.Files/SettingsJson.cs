using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files;

/// <summary>
/// Records of settings as JSON with the names of <c>mtt.yaml</c>, as the serializer writes them. The serializer makes code for every type
/// of setting at run time, a fifth of a second before the first step of a training; this reads their properties.
/// </summary>
public static class SettingsJson
{
    private static readonly JsonDocumentOptions _any = new() { MaxDepth = JsonView.MaxDepth };

    /// <summary>A record's properties, but for those that follow from others.</summary>
    public static JsonView Of(object settings) => JsonText.ToView(Node(settings));

    private static JsonObject Node(object settings)
    {
        JsonObject json = [];
        foreach (PropertyInfo property in settings.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.CanWrite)
            {
                json[Naming.SnakeCase(property.Name)] = Value(property.GetValue(settings));
            }
        }

        return json;
    }

    private static JsonNode? Value(object? value) =>
        value switch
        {
            null => null,
            string text => JsonValue.Create(text),
            bool truth => JsonValue.Create(truth),
            int number => JsonValue.Create(number),
            long number => JsonValue.Create(number),
            double number => JsonValue.Create(number),
            Enum choice => JsonValue.Create(Naming.SnakeCase(choice)),
            DateTimeOffset date => JsonValue.Create(date),
            JsonView any => JsonNode.Parse(any.RawUtf8, documentOptions: _any),
            IDictionary map => Map(map),
            IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Value)]),
            _ => Node(value),
        };

    private static JsonObject Map(IDictionary map)
    {
        JsonObject json = [];
        foreach (DictionaryEntry pair in map)
        {
            json[(string)pair.Key] = Value(pair.Value);
        }

        return json;
    }
}

using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files;

/// <summary>
/// A JSON object that mtt writes, its fields in the order they were set. A value is a text, a number, a flag, null, a list of such
/// values, a dictionary, an object of an anonymous type, or other fields.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed class JsonFields() : OrderedDictionary<string, object?>(StringComparer.Ordinal)
{
    /// <summary>Begins with the fields of an object that was read, to change some of them.</summary>
    public JsonFields(JsonView json)
        : this()
    {
        foreach (JsonMember member in json.EnumerateObject())
        {
            this[member.Name] = member.Value;
        }
    }

    /// <summary>A field's value; null where there is no such field, or it is null.</summary>
    public object? Get(string name) => TryGetValue(name, out object? value) ? value : null;

    /// <summary>The same fields in another object; what they hold is not copied.</summary>
    public JsonFields Copy()
    {
        JsonFields copy = [];
        foreach ((string name, object? value) in this)
        {
            copy.Add(name, value);
        }

        return copy;
    }

    /// <summary>Adds a field if it has a value.</summary>
    public JsonFields AddPresent(string name, object? value)
    {
        if (value is not null)
        {
            this[name] = value;
        }

        return this;
    }

    /// <summary>
    /// Writes the common kinds of values without looking up how: a report has one of these objects a finding, and the build of machine
    /// code has no way to look it up for collections of numbers.
    /// </summary>
    private sealed class Converter : JsonConverter<JsonFields>
    {
        public override void Write(Utf8JsonWriter writer, JsonFields fields, JsonSerializerOptions options) =>
            WriteFields(writer, fields, options);

        private static void WriteFields(Utf8JsonWriter writer, IDictionary fields, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (DictionaryEntry field in fields)
            {
                writer.WritePropertyName(Convert.ToString(field.Key, CultureInfo.InvariantCulture)!);
                WriteValue(writer, field.Value, options);
            }

            writer.WriteEndObject();
        }

        private static void WriteValue(Utf8JsonWriter writer, object? value, JsonSerializerOptions options)
        {
            switch (value)
            {
                case string text:
                    writer.WriteStringValue(text);
                    break;
                case JsonView view:
                    view.WriteTo(writer);
                    break;
                case List<object?> list:
                    writer.WriteStartArray();
                    list.ForEach(item => WriteValue(writer, item, options));
                    writer.WriteEndArray();
                    break;
                case int or long:
                    writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case IDictionary map when IsPlain(map):
                    WriteFields(writer, map, options);
                    break;
                default:
                    JsonSerializer.Serialize(writer, value, options);
                    break;
            }
        }

        // Its keys are texts or whole numbers, so they are written as they are.
        private static bool IsPlain(IDictionary map)
        {
            foreach (object key in map.Keys)
            {
                if (key is not (string or int or long))
                {
                    return false;
                }
            }

            return true;
        }

        public override JsonFields Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException("fields are written only");
    }
}

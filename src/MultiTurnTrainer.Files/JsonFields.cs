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

    /// <summary>Adds a field if it has a value.</summary>
    public JsonFields AddPresent(string name, object? value)
    {
        if (value is not null)
        {
            this[name] = value;
        }

        return this;
    }

    /// <summary>Writes the common kinds of values without looking up how: a report has one of these objects a finding.</summary>
    private sealed class Converter : JsonConverter<JsonFields>
    {
        public override void Write(Utf8JsonWriter writer, JsonFields fields, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach ((string name, object? value) in fields)
            {
                writer.WritePropertyName(name);
                switch (value)
                {
                    case string text:
                        writer.WriteStringValue(text);
                        break;
                    case int or long:
                        writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                        break;
                    case JsonFields inner:
                        Write(writer, inner, options);
                        break;
                    default:
                        JsonSerializer.Serialize(writer, value, options);
                        break;
                }
            }

            writer.WriteEndObject();
        }

        public override JsonFields Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException("fields are written only");
    }
}

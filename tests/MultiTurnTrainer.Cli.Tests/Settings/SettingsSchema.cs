using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests.Settings;

/// <summary><c>docs/mtt.schema.json</c>: what <c>mtt.yaml</c> may hold, from the settings records themselves.</summary>
internal static class SettingsSchema
{
    public static string Json()
    {
        JsonObject definitions = [];
        JsonObject sections = [];
        foreach ((string section, Type type) in SettingsSections.Types)
        {
            sections[section] = OrNull(
                Record(type, definitions),
                SettingsReference.Summary($"T:{type.FullName}", type)
            );
        }

        JsonObject schema = new()
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "mtt.yaml",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = sections,
            ["definitions"] = definitions,
        };
        return JsonSerializer.Serialize(schema, JsonText.Indented) + "\n";
    }

    // Every record is a definition of its own, for some hold records of their own kind.
    private static JsonObject Record(Type type, JsonObject definitions)
    {
        if (!definitions.ContainsKey(type.Name))
        {
            JsonObject properties = [];
            definitions[type.Name] = new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["properties"] = properties,
            };
            foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite))
            {
                string summary = SettingsReference.Summary(
                    $"P:{property.DeclaringType!.FullName}.{property.Name}",
                    property.PropertyType
                );
                JsonObject value = Value(property.PropertyType, property, definitions);
                properties[Naming.SnakeCase(property.Name)] = OrNull(value, summary);
            }
        }

        return new JsonObject { ["$ref"] = $"#/definitions/{type.Name}" };
    }

    // An empty value leaves the default.
    private static JsonObject OrNull(JsonObject value, string summary) =>
        new() { ["description"] = summary, ["anyOf"] = new JsonArray(value, new JsonObject { ["type"] = "null" }) };

    private static JsonObject Value(Type type, PropertyInfo? property, JsonObject definitions)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        Type[] arguments = type.GetGenericArguments();
        if (SettingsKeys.IsRecord(type))
        {
            return Record(type, definitions);
        }

        if (arguments.Length == 2)
        {
            return new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = Value(arguments[1], null, definitions),
            };
        }

        if (type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)) && arguments.Length == 1)
        {
            // One value stands for a list of one.
            JsonObject item = Value(arguments[0], null, definitions);
            JsonObject list = new() { ["type"] = "array", ["items"] = item.DeepClone() };
            return new JsonObject { ["anyOf"] = new JsonArray(list, item) };
        }

        JsonObject plain = Plain(type);
        if (property?.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            plain["minimum"] = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
            plain["maximum"] = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        }

        if (property?.GetCustomAttribute<RegularExpressionAttribute>() is { } pattern)
        {
            plain["pattern"] = $"^({pattern.Pattern})$";
        }

        return plain;
    }

    private static JsonObject Plain(Type type) =>
        type == typeof(bool) ? new() { ["type"] = "boolean" }
        : type == typeof(string) ? new() { ["type"] = new JsonArray("string", "number", "boolean") }
        : type == typeof(DateTimeOffset) ? new() { ["type"] = "string" }
        : type == typeof(int) || type == typeof(long) || type == typeof(ulong) ? new() { ["type"] = "integer" }
        : type == typeof(double) || type == typeof(float) || type == typeof(decimal) ? new() { ["type"] = "number" }
        : type.IsEnum ? Names(type)
        : [];

    // As the settings are read: any case, with or without underscores; the snake_case names are the ones to offer.
    private static JsonObject Names(Type type) =>
        new()
        {
            ["enum"] = new JsonArray([
                .. Enum.GetNames(type).Select(name => (JsonNode)JsonValue.Create(Naming.SnakeCase(name))!),
            ]),
        };
}

using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Tests.Settings;

/// <summary><c>docs/settings.md</c>: every setting with its default and its summary, from the settings records themselves.</summary>
internal static partial class SettingsReference
{
    private const string _head = """
        # Every setting of `mtt.yaml`

        This page is generated from the program; do not edit it. `--set section.key=value` sets any of them on the command line, `MTT_SECTION__KEY=value` in the environment
        ([which one counts](terminal.md#settings)). – means none; `NAME` is a name of one's own, and keys of a list's items follow `[]`.

        """;

    public static string Markdown()
    {
        StringBuilder page = new(_head);
        foreach ((string section, Type type) in SettingsSections.Types)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"\n## {section}\n\n{Summary($"T:{type.FullName}", type)}\n\n| key | default | |\n|---|---|---|\n"
            );
            Rows(type, Activator.CreateInstance(type)!, "", page);
        }

        return page.ToString();
    }

    private static void Rows(Type type, object defaults, string prefix, StringBuilder page)
    {
        // A base record's keys come after the record's own.
        foreach (
            PropertyInfo property in type.GetProperties()
                .Where(property => property.CanWrite)
                .OrderBy(property => property.DeclaringType != type)
        )
        {
            string key = prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            (Type? nested, string mark) = Nested(property.PropertyType);
            string summary = Summary($"P:{property.DeclaringType!.FullName}.{property.Name}", property.PropertyType);
            if (nested is null || nested == type)
            {
                // A record of its own kind, such as a trigger's parts, has the same keys.
                page.Append(CultureInfo.InvariantCulture, $"| `{key}` | {Default(property, defaults)} | {summary} |\n");
                continue;
            }

            page.Append(CultureInfo.InvariantCulture, $"| `{key}{mark}` | | {summary} |\n");
            object inner =
                mark.Length == 0 && property.GetValue(defaults) is { } value
                    ? value
                    : Activator.CreateInstance(nested)!;
            Rows(nested, inner, $"{key}{mark}.", page);
        }
    }

    /// <summary>The record behind a key, itself, in a list or by name; null where the key holds plain values.</summary>
    private static (Type? Record, string Mark) Nested(Type type)
    {
        Type[] arguments = type.GetGenericArguments();
        (Type candidate, string mark) = arguments.Length switch
        {
            1 when type.IsAssignableTo(typeof(IEnumerable)) => (arguments[0], "[]"),
            2 => (arguments[1], ".NAME"),
            _ => (type, ""),
        };
        bool record =
            candidate.Namespace!.StartsWith("MultiTurnTrainer.", StringComparison.Ordinal) && candidate.IsClass;
        return record ? (candidate, mark) : (null, "");
    }

    private static string Default(PropertyInfo property, object settings) =>
        property.GetValue(settings) switch
        {
            null => "–",
            string text => text,
            bool value => value ? "true" : "false",
            Enum value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()),
            double value and not 0 and < 1e-3 => value.ToString("0e0", CultureInfo.InvariantCulture),
            IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
            IEnumerable values when values.Cast<object>().Any() => string.Join(
                ", ",
                values.Cast<object>().Select(Item)
            ),
            IEnumerable => "–",
            object value => throw new NotSupportedException(value.GetType().Name),
        };

    private static string Item(object value) =>
        value is Enum ? JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}") : $"{value}";

    public static string Summary(string member, Type type)
    {
        Assembly assembly = SettingsSections
            .Types.Values.First(section => member[2..].StartsWith(section.Namespace!, StringComparison.Ordinal))
            .Assembly;
        string file = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
        XElement summary = XDocument
            .Load(file)
            .Descendants("member")
            .Single(element => (string?)element.Attribute("name") == member)
            .Element("summary")!;
        foreach (XElement code in summary.Descendants().ToArray())
        {
            string text = (string?)code.Attribute("cref") is { } reference
                ? JsonNamingPolicy.SnakeCaseLower.ConvertName(reference.Split('.')[^1])
                : code.Value;
            code.ReplaceWith($"`{text}`");
        }

        string words = Space().Replace(summary.Value, " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum
            ? $"{words} {string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName))}."
            : words;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}

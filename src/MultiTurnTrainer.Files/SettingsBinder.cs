using System.ComponentModel.DataAnnotations;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MultiTurnTrainer.Files;

/// <summary>
/// Binds YAML nodes to settings records: property <c>LearningRate</c> is the key <c>learning_rate</c>. Unknown keys,
/// wrong types and values outside a <see cref="RangeAttribute"/> are errors with line, column and what is accepted.
/// </summary>
/// <param name="file">The file's name, for messages.</param>
/// <param name="flags">Nodes that come from the command line, and so have no place in the file, with their flag.</param>
/// <param name="advise">What to say of an unknown name, such as another program's; null, or null of it, names the nearest.</param>
public sealed class SettingsBinder(
    string file,
    IReadOnlyDictionary<YamlNode, string> flags,
    Func<string, string?>? advise = null
)
{
    private readonly List<MttException> _unknown = [];

    /// <summary>Binds every known section once, so that mistakes in sections a command does not use show too.</summary>
    /// <exception cref="MttException">A value is wrong, or keys are unknown: all of them are named.</exception>
    public void CheckSections(YamlMappingNode root, IReadOnlyDictionary<string, Type> sections)
    {
        foreach ((YamlNode key, YamlNode value) in root.Children)
        {
            string name = NameOf(key);
            if (sections.TryGetValue(name, out Type? type))
            {
                _ = BindNode(value, type, name);
            }
            else
            {
                _unknown.Add(Unknown(key, "section", name, sections.Keys));
            }
        }

        RequireAllKnown();
    }

    /// <summary>The value of one node.</summary>
    /// <param name="node">The YAML node.</param>
    /// <param name="type">A settings record, a list, a dictionary by string, a number, a boolean, a string or an enumeration.</param>
    /// <param name="path">The dotted key, for messages.</param>
    /// <exception cref="MttException">A value is wrong, or keys are unknown: all of them are named.</exception>
    public object Bind(YamlNode node, Type type, string path)
    {
        object result = BindNode(node, type, path);
        RequireAllKnown();
        return result;
    }

    private object BindNode(YamlNode node, Type type, string path)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (JsonText.IsAnyValue(type))
        {
            return JsonText.ToAnyValue(AnyValue(node));
        }

        if (IsScalar(type))
        {
            return Scalar(node, type, path);
        }

        if (DictionaryValue(type) is { } valueType)
        {
            IDictionary result = (IDictionary)
                Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType))!;
            foreach ((YamlNode key, YamlNode value) in Mapping(node, path).Children)
            {
                result[NameOf(key)] = BindNode(value, valueType, $"{path}.{NameOf(key)}");
            }

            return result;
        }

        if (ListElement(type) is { } element)
        {
            // One value stands for a list of one, as in `target_modules: all-linear`.
            IReadOnlyList<YamlNode> items = node is YamlSequenceNode list ? [.. list.Children] : [node];
            Array array = Array.CreateInstance(element, items.Count);
            for (int i = 0; i < items.Count; i++)
            {
                array.SetValue(BindNode(items[i], element, $"{path}[{i}]"), i);
            }

            return type.IsArray || type.IsInterface ? array : Activator.CreateInstance(type, array)!;
        }

        return Record(Mapping(node, path), type, path);
    }

    private object Record(YamlMappingNode node, Type type, string path)
    {
        object result = Activator.CreateInstance(type)!;
        Dictionary<string, PropertyInfo> properties = type.GetProperties()
            .Where(property => property.CanWrite)
            .ToDictionary(property => Naming.SnakeCase(property.Name));
        foreach ((YamlNode key, YamlNode value) in node.Children)
        {
            string name = NameOf(key);
            if (!properties.TryGetValue(name, out PropertyInfo? property))
            {
                _unknown.Add(Unknown(key, $"key in {path}", name, properties.Keys));
                continue;
            }

            if (IsNull(value))
            {
                continue;
            }

            object bound = BindNode(value, property.PropertyType, $"{path}.{name}");
            foreach (ValidationAttribute rule in property.GetCustomAttributes<ValidationAttribute>())
            {
                if (!rule.IsValid(bound))
                {
                    throw At(
                        value,
                        $"{path}.{name}: {Convert.ToString(bound, CultureInfo.InvariantCulture)} is out of range",
                        Accepted(rule)
                    );
                }
            }

            property.SetValue(result, bound);
        }

        return result;
    }

    private object Scalar(YamlNode node, Type type, string path)
    {
        if (node is not YamlScalarNode { Value: { } text })
        {
            throw At(node, $"{path}: a single value is needed", "Write one value after the colon.");
        }

        try
        {
            if (type == typeof(string) || type == typeof(object))
            {
                return text;
            }

            if (type == typeof(bool))
            {
                return text.ToLowerInvariant() switch
                {
                    "true" or "yes" or "on" => true,
                    "false" or "no" or "off" => false,
                    _ => throw new FormatException(),
                };
            }

            if (type.IsEnum)
            {
                string wanted = text.Replace("-", "", StringComparison.Ordinal)
                    .Replace("_", "", StringComparison.Ordinal);
                return Enum.TryParse(type, wanted, ignoreCase: true, out object? value) && Enum.IsDefined(type, value)
                    ? value
                    : throw At(
                        node,
                        $"{path}: '{text}' is not known",
                        $"One of {string.Join(", ", Enum.GetNames(type).Select(Naming.SnakeCase))}."
                    );
            }

            if (type == typeof(DateTimeOffset))
            {
                return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            }

            return Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }
        catch (Exception problem) when (problem is FormatException or OverflowException)
        {
            throw At(
                node,
                $"{path}: '{text}' is not a {Describe(type)}",
                "Write a plain value, such as 1e-4, 8 or true."
            );
        }
    }

    /// <summary>A value of any shape, as YAML's core schema reads it.</summary>
    private static object? AnyValue(YamlNode node) =>
        node switch
        {
            YamlMappingNode map => map.Children.ToDictionary(pair => NameOf(pair.Key), pair => AnyValue(pair.Value)),
            YamlSequenceNode list => list.Children.Select(AnyValue).ToArray(),
            _ when IsNull(node) => null,
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "True" or "TRUE" } => true,
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "false" or "False" or "FALSE" } => false,
            YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text }
                when long.TryParse(text, CultureInfo.InvariantCulture, out long whole) => whole,
            YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text }
                when double.TryParse(text, CultureInfo.InvariantCulture, out double number)
                    && double.IsFinite(number) => number,
            _ => ((YamlScalarNode)node).Value,
        };

    private YamlMappingNode Mapping(YamlNode node, string path) =>
        node as YamlMappingNode
        ?? (IsNull(node) ? [] : throw At(node, $"{path}: a mapping of keys is needed", "Indent its keys under it."));

    private void RequireAllKnown()
    {
        if (_unknown.Count == 1)
        {
            throw _unknown[0];
        }

        if (_unknown.Count > 1)
        {
            IEnumerable<string> lines = _unknown.Select(problem =>
                Printable.Line($"  {problem.Message}. {problem.Remedy}")
            );
            throw new MttException(
                $"{_unknown.Count} unknown settings\n{string.Join('\n', lines)}",
                "Fix them; mtt docs migrating has what other trainers' names become."
            )
            {
                HasLines = true,
            };
        }
    }

    private MttException Unknown(YamlNode key, string what, string name, IEnumerable<string> known)
    {
        string advice =
            advise?.Invoke(name)
            ?? (Nearest.To(name, known) is { } near ? $"Did you mean '{near}'?" : null)
            ?? $"Known: {string.Join(", ", known.Order(StringComparer.Ordinal))}.";
        return At(key, $"unknown {what}: '{name}'", advice);
    }

    /// <summary>An error at a node: its line and column, or the flag it came from.</summary>
    public MttException At(YamlNode node, string message, string remedy) =>
        new(
            flags.TryGetValue(node, out string? flag)
                ? $"{flag}{(flag == "--set" ? " " : ": ")}{message}"
                : $"{file}:{node.Start.Line}:{node.Start.Column}: {message}",
            remedy
        );

    private static string Accepted(ValidationAttribute rule) =>
        rule is RangeAttribute range
            ? $"Accepted: {Convert.ToString(range.Minimum, CultureInfo.InvariantCulture)} to {Convert.ToString(range.Maximum, CultureInfo.InvariantCulture)}."
            : rule.ErrorMessage ?? "The value is not accepted.";

    private static bool IsScalar(Type type) =>
        type.IsPrimitive
        || type.IsEnum
        || type == typeof(DateTimeOffset)
        || type == typeof(string)
        || type == typeof(decimal)
        || type == typeof(object);

    private static Type? DictionaryValue(Type type) =>
        Interfaces(type)
            .FirstOrDefault(candidate =>
                candidate.IsGenericType
                && (
                    candidate.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)
                    || candidate.GetGenericTypeDefinition() == typeof(IDictionary<,>)
                )
            )
            ?.GetGenericArguments()[1];

    private static Type? ListElement(Type type) =>
        Interfaces(type)
            .FirstOrDefault(candidate =>
                candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IEnumerable<>)
            )
            ?.GetGenericArguments()[0];

    private static IEnumerable<Type> Interfaces(Type type) =>
        type.IsInterface ? [type, .. type.GetInterfaces()] : type.GetInterfaces();

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" };

    private static string NameOf(YamlNode key) => ((YamlScalarNode)key).Value ?? "";

    private static string Describe(Type type) =>
        type == typeof(bool) ? "yes or no"
        : type == typeof(DateTimeOffset) ? "date"
        : type == typeof(int) || type == typeof(long) ? "whole number"
        : "number";
}

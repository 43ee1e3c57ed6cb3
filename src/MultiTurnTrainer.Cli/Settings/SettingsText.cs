namespace MultiTurnTrainer.Cli.Settings;

/// <summary>All settings as a settings file, each with where it comes from; what has no mark is the default.</summary>
internal static class SettingsText
{
    /// <summary>Writes every section.</summary>
    public static string Write(SettingsFile file)
    {
        StringBuilder text = new();
        foreach ((string section, Type type) in SettingsSections.Types)
        {
            if (section == PolicyFile.Section && file.Find(section) is null)
            {
                // A file that has the section has a policy.
                text.Append(CultureInfo.InvariantCulture, $"# {section}: no policy\n");
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"{section}:\n");
            Record(text, file.Section(section, type), "  ", file, file.Find(section));
        }

        return text.ToString();
    }

    private static void Record(StringBuilder text, object record, string indent, SettingsFile file, YamlNode? node)
    {
        foreach (PropertyInfo property in record.GetType().GetProperties().Where(property => property.CanWrite))
        {
            string key = Naming.SnakeCase(property.Name);
            Entry(text, key, property.GetValue(record), indent, file, SettingsFile.Child(node, key));
        }
    }

    private static void Entry(
        StringBuilder text,
        string key,
        object? value,
        string indent,
        SettingsFile file,
        YamlNode? node
    )
    {
        text.Append(CultureInfo.InvariantCulture, $"{indent}{key}:");
        if (Plain(value) is { } plain)
        {
            string origin = node is null ? "" : $"  # {file.OriginOf(node)}";
            text.Append(CultureInfo.InvariantCulture, $" {plain}{origin}\n");
            return;
        }

        text.Append('\n');
        switch (value)
        {
            case IDictionary map:
                foreach (DictionaryEntry pair in map)
                {
                    string name = Text((string)pair.Key);
                    Entry(text, name, pair.Value, indent + "  ", file, SettingsFile.Child(node, (string)pair.Key));
                }

                break;
            case IEnumerable list:
                foreach (object item in list)
                {
                    StringBuilder block = new();
                    Record(block, item, indent + "    ", file, null);
                    text.Append(CultureInfo.InvariantCulture, $"{indent}  - {block.ToString()[(indent.Length + 4)..]}");
                }

                break;
            default:
                Record(text, value!, indent + "  ", file, node);
                break;
        }
    }

    /// <summary>A value that fits on the line of its key; null for one that does not.</summary>
    private static string? Plain(object? value) =>
        value switch
        {
            null => "null",
            string text => Text(text),
            bool flag => flag ? "true" : "false",
            Enum choice => Naming.SnakeCase(choice),
            DateTimeOffset date => Text(date.ToString("O", CultureInfo.InvariantCulture)),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            IDictionary map => map.Count == 0 ? "{}" : null,
            IEnumerable list when list.Cast<object>().All(item => !SettingsKeys.IsRecord(item.GetType())) =>
                $"[{string.Join(", ", list.Cast<object>().Select(Plain))}]",
            IEnumerable => null,
            _ when SettingsKeys.IsRecord(value.GetType()) => null,
            _ => JsonText.Line(value),
        };

    // Whatever YAML could take for something else than a text is quoted.
    private static string Text(string text) =>
        text.Length > 0
        && char.IsAsciiLetter(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/')
        && text.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off")
            ? text
            : JsonText.Line(text);
}

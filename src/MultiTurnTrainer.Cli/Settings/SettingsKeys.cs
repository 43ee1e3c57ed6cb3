namespace MultiTurnTrainer.Cli.Settings;

/// <summary>The dotted keys of all settings that have a plain value, for completions.</summary>
internal static class SettingsKeys
{
    /// <summary>The keys, section by section.</summary>
    public static IEnumerable<string> All =>
        SettingsSections.Types.SelectMany(section => Of(section.Value, section.Key, depth: 0));

    private static IEnumerable<string> Of(Type type, string prefix, int depth)
    {
        foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite))
        {
            string key = $"{prefix}.{Naming.SnakeCase(property.Name)}";
            Type inner = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            // A record may hold records of its own kind.
            IEnumerable<string> keys = IsRecord(inner) && depth < 3 ? Of(inner, key, depth + 1) : [key];
            foreach (string found in keys)
            {
                yield return found;
            }
        }
    }

    /// <summary>Whether a setting of this type is a section of its own.</summary>
    public static bool IsRecord(Type type) =>
        type.IsClass
        && !type.IsArray
        && type.Namespace?.StartsWith("MultiTurnTrainer.", StringComparison.Ordinal) == true
        && !JsonText.IsAnyValue(type);
}

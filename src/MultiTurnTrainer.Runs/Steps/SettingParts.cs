namespace MultiTurnTrainer.Runs.Steps;

/// <summary>A settings record as parts of a fingerprint.</summary>
public static class SettingParts
{
    /// <summary>Every setting by its dotted name, defaults written out: two files that mean the same have the same parts.</summary>
    /// <param name="sections">The records by the names of their sections; one that is null has no part.</param>
    public static IReadOnlyDictionary<string, string> Of(params IEnumerable<(string Section, object? Record)> sections)
    {
        Dictionary<string, string> parts = [];
        foreach ((string section, object? record) in sections)
        {
            if (record is not null)
            {
                Add(parts, section, JsonText.ToView(RecordJson.ToWholeValue(record)));
            }
        }

        return parts;
    }

    private static void Add(Dictionary<string, string> parts, string name, JsonView value)
    {
        if (value.Kind != JsonKind.Object)
        {
            parts[name] = value.GetRawText();
            return;
        }

        foreach (JsonMember member in value.EnumerateObject())
        {
            Add(parts, $"{name}.{member.Name}", member.Value);
        }
    }
}

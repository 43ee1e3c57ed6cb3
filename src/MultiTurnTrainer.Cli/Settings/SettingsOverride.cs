namespace MultiTurnTrainer.Cli.Settings;

/// <summary>
/// One setting of the command line: <c>--set section.key=value</c>, or a flag that stands for a setting. The value is YAML,
/// so lists and mappings work: <c>lora.target_modules=[q_proj, v_proj]</c>.
/// </summary>
/// <param name="Text"><c>section.key=value</c>.</param>
/// <param name="Flag">The flag it came from, for messages.</param>
internal sealed record SettingsOverride(string Text, string Flag = "--set")
{
    /// <summary>Lays it over the settings and notes of every node it makes which flag it came from.</summary>
    public void Apply(YamlMappingNode root, IDictionary<YamlNode, string> flags)
    {
        int equals = Text.IndexOf('=', StringComparison.Ordinal);
        string[] keys = equals > 0 ? Text[..equals].Split('.') : [];
        if (keys.Length < 2 || keys.Any(key => key.Length == 0))
        {
            throw new MttException(
                $"--set {Text}: expected section.key=value",
                "For instance --set train.learning_rate=1e-4."
            );
        }

        YamlMappingNode at = root;
        foreach (string key in keys[..^1])
        {
            YamlScalarNode name = Noted(new YamlScalarNode(key), flags);
            if (!at.Children.TryGetValue(name, out YamlNode? child) || child is not YamlMappingNode)
            {
                child = Noted(new YamlMappingNode(), flags);
                at.Children[name] = child;
            }

            at = (YamlMappingNode)child;
        }

        YamlNode value = ParseValue(Text[(equals + 1)..]);
        foreach (YamlNode node in value.AllNodes)
        {
            Noted(node, flags);
        }

        YamlScalarNode last = Noted(new YamlScalarNode(keys[^1]), flags);
        at.Children.Remove(last);
        at.Children.Add(last, value);
    }

    private T Noted<T>(T node, IDictionary<YamlNode, string> flags)
        where T : YamlNode
    {
        flags[node] = Flag;
        return node;
    }

    private YamlNode ParseValue(string value)
    {
        try
        {
            return YamlText.Parse(value) ?? new YamlScalarNode("");
        }
        catch (YamlException problem)
        {
            throw new MttException(
                $"{Flag} {Text}: {problem.Message}",
                "Quote the value, or write a YAML list: [a, b].",
                problem
            );
        }
    }
}

using MultiTurnTrainer.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MultiTurnTrainer.Cli.Settings;

/// <summary>One <c>--set section.key=value</c>; the value is YAML, so lists and mappings work: <c>lora.target_modules=[q_proj, v_proj]</c>.</summary>
internal static class SettingsOverride
{
    /// <summary>Lays one override over the settings and notes the nodes it made.</summary>
    public static void Apply(YamlMappingNode root, string text, ISet<YamlNode> overridden)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] keys = equals > 0 ? text[..equals].Split('.') : [];
        if (keys.Length < 2 || keys.Any(key => key.Length == 0))
        {
            throw new MttException(
                $"--set {text}: expected section.key=value",
                "For instance --set train.learning_rate=1e-4."
            );
        }

        YamlMappingNode at = root;
        foreach (string key in keys[..^1])
        {
            YamlScalarNode name = Noted(new YamlScalarNode(key), overridden);
            if (!at.Children.TryGetValue(name, out YamlNode? child) || child is not YamlMappingNode)
            {
                child = Noted(new YamlMappingNode(), overridden);
                at.Children[name] = child;
            }

            at = (YamlMappingNode)child;
        }

        YamlNode value = ParseValue(text, text[(equals + 1)..]);
        foreach (YamlNode node in value.AllNodes)
        {
            Noted(node, overridden);
        }

        YamlScalarNode last = Noted(new YamlScalarNode(keys[^1]), overridden);
        at.Children.Remove(last);
        at.Children.Add(last, value);
    }

    private static T Noted<T>(T node, ISet<YamlNode> overridden)
        where T : YamlNode
    {
        overridden.Add(node);
        return node;
    }

    private static YamlNode ParseValue(string text, string value)
    {
        YamlStream stream = [];
        try
        {
            using StringReader reader = new(value);
            stream.Load(reader);
        }
        catch (YamlException problem)
        {
            throw new MttException(
                $"--set {text}: {problem.Message}",
                "Quote the value, or write a YAML list: [a, b].",
                problem
            );
        }

        return stream.Documents.Count == 0 ? new YamlScalarNode("") : stream.Documents[0].RootNode;
    }
}

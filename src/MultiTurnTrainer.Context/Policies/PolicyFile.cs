using YamlDotNet.RepresentationModel;

namespace MultiTurnTrainer.Context.Policies;

/// <summary>Reads context policies: a file of their own, the section <c>context:</c> of the settings, or a name.</summary>
public static class PolicyFile
{
    /// <summary>The section of <c>mtt.yaml</c>.</summary>
    public const string Section = "context";

    /// <summary>A policy by its name or file.</summary>
    /// <exception cref="MttException">There is none, or it cannot be meant; the message names line and column.</exception>
    public static ContextPolicy Load(string nameOrFile)
    {
        if (!File.Exists(nameOrFile))
        {
            return PolicyPresets.Find(nameOrFile)
                ?? throw new MttException(
                    $"--policy {nameOrFile}: there is no such policy and no such file",
                    $"Name a file, or one of {string.Join(", ", PolicyPresets.Names)}."
                );
        }

        YamlMappingNode root = YamlText.ReadMapping(nameOrFile);
        SettingsBinder binder = new(nameOrFile, new Dictionary<YamlNode, string>());
        return Bind(
            root.Children.TryGetValue(new YamlScalarNode(Section), out YamlNode? section) ? section : root,
            binder
        );
    }

    /// <summary>The policy of a node.</summary>
    /// <exception cref="MttException">It cannot be meant; the message names line and column.</exception>
    public static ContextPolicy Bind(YamlNode node, SettingsBinder binder)
    {
        ContextPolicy policy = (ContextPolicy)binder.Bind(node, typeof(ContextPolicy), Section);
        return PolicyCheck.Find(policy).FirstOrDefault() is { } problem
            ? throw binder.At(At(node, problem.Path), $"{Section}.{problem.Path}: {problem.Message}", problem.Remedy)
            : policy;
    }

    /// <summary>The node of a path such as <c>steps[1].to</c>, or the nearest above it that the file has.</summary>
    private static YamlNode At(YamlNode node, string path)
    {
        foreach (string key in path.Split('.', '[').Select(part => part.TrimEnd(']')))
        {
            YamlNode? child = node switch
            {
                YamlMappingNode map when map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) =>
                    value,
                YamlSequenceNode list when int.TryParse(key, CultureInfo.InvariantCulture, out int place) =>
                    list.Children.ElementAtOrDefault(place),
                _ => null,
            };
            if (child is null)
            {
                return node;
            }

            node = child;
        }

        return node;
    }
}

// Folder Settings: mtt.yaml, --set and the flags that stand for settings.
// Refuses to know: what a setting does.

namespace MultiTurnTrainer.Cli.Settings;

/// <summary>
/// <c>mtt.yaml</c> with the <c>--set</c> overrides laid over it. A section is bound to a settings record when a command
/// asks for it; the whole file is checked for unknown keys when it is loaded.
/// </summary>
internal sealed class SettingsFile
{
    public const string DefaultName = "mtt.yaml";

    private readonly YamlMappingNode _root;
    private readonly SettingsBinder _binder;

    private SettingsFile(YamlMappingNode root, SettingsBinder binder)
    {
        _root = root;
        _binder = binder;
    }

    /// <summary>Loads the named file, or the nearest <c>mtt.yaml</c> upwards from the current folder, or none.</summary>
    /// <param name="path">The value of <c>--config</c>.</param>
    /// <param name="overrides">What the command line sets, later ones winning.</param>
    public static SettingsFile Load(string? path, IEnumerable<SettingsOverride> overrides)
    {
        string? found = path ?? FindUpwards(Directory.GetCurrentDirectory());
        YamlMappingNode root = found is null ? [] : Parse(found);
        Dictionary<YamlNode, string> flags = new(ReferenceEqualityComparer.Instance);
        foreach (SettingsOverride value in overrides)
        {
            value.Apply(root, flags);
        }

        SettingsBinder binder = new(found ?? DefaultName, flags);
        binder.CheckSections(root, SettingsSections.Types);
        return new SettingsFile(root, binder);
    }

    /// <summary>The settings of one section; its defaults where the file does not name it.</summary>
    public T Section<T>(string name)
        where T : new() =>
        _root.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? node)
            ? (T)_binder.Bind(node, typeof(T), name)
            : new T();

    private static string? FindUpwards(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, DefaultName);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private static YamlMappingNode Parse(string path)
    {
        if (!File.Exists(path))
        {
            throw new MttException($"{path}: there is no such settings file", "Name an existing file with --config.");
        }

        YamlStream stream = [];
        try
        {
            using StreamReader reader = new(path);
            stream.Load(reader);
        }
        catch (YamlException problem)
        {
            throw new MttException(
                $"{path}:{problem.Start.Line}:{problem.Start.Column}: {problem.Message}",
                "Fix the YAML; indentation is two spaces, keys end in a colon.",
                problem
            );
        }

        if (stream.Documents.Count == 0)
        {
            return [];
        }

        return stream.Documents[0].RootNode as YamlMappingNode
            ?? throw new MttException(
                $"{path}: the top level must be a mapping of sections",
                "Begin with, say, 'train:'."
            );
    }
}

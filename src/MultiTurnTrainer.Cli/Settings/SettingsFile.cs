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
    private readonly IReadOnlyDictionary<YamlNode, string> _flags;
    private readonly string _name;

    private SettingsFile(
        string name,
        YamlMappingNode root,
        SettingsBinder binder,
        IReadOnlyDictionary<YamlNode, string> flags
    )
    {
        _name = name;
        _root = root;
        _binder = binder;
        _flags = flags;
    }

    /// <summary>Loads the named file, or the nearest <c>mtt.yaml</c> upwards from the current folder, or none.</summary>
    /// <param name="path">The value of <c>--config</c>, or of <c>MTT_CONFIG</c>.</param>
    /// <param name="overrides">What the environment and the command line set, later ones winning.</param>
    public static SettingsFile Load(string? path, IEnumerable<SettingsOverride> overrides)
    {
        string? found = path ?? FindUpwards(Directory.GetCurrentDirectory());
        // A run of several steps, or of many configurations, reads one file many times.
        if (found is not null && found != Manifest.Settings)
        {
            Console.Error.WriteLine($"settings: {Printable.Line(found)}");
            Manifest.Settings = found;
        }

        YamlMappingNode root = found is null ? [] : YamlText.ReadMapping(found);
        Dictionary<YamlNode, string> flags = new(ReferenceEqualityComparer.Instance);
        foreach (SettingsOverride value in overrides)
        {
            value.Apply(root, flags);
        }

        SettingsBinder binder = new(found ?? DefaultName, flags, SettingsSections.Advice);
        binder.CheckSections(root, SettingsSections.Types);
        return new SettingsFile(found ?? DefaultName, root, binder, flags);
    }

    /// <summary>The settings of one section; its defaults where the file does not name it.</summary>
    public T Section<T>(string name)
        where T : new()
    {
        if (!_root.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? node))
        {
            return new T();
        }

        KeyPermission.Apply(node, _flags);
        return (T)_binder.Bind(node, typeof(T), name);
    }

    /// <summary>The settings of one section, by the type of its record.</summary>
    public object Section(string name, Type type) =>
        Find(name) is { } node ? _binder.Bind(node, type, name) : Activator.CreateInstance(type)!;

    /// <summary>The node of a section; null where nothing sets it.</summary>
    public YamlNode? Find(string section) => Child(_root, section);

    /// <summary>The node of a key; null where nothing sets it.</summary>
    public static YamlNode? Child(YamlNode? node, string key) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? child)
            ? child
            : null;

    /// <summary>Where a setting was set: a flag, a variable of the environment, or a line of the file.</summary>
    public string OriginOf(YamlNode node) =>
        _flags.TryGetValue(node, out string? flag) ? flag : $"{_name}:{node.Start.Line}";

    /// <summary>The policy of <c>--policy</c>, without it that of the section <c>context</c>; null where there is none.</summary>
    /// <param name="nameOrFile">The value of <c>--policy</c>.</param>
    /// <exception cref="MttException">There is no such policy, or it cannot be meant.</exception>
    public ContextPolicy? Policy(string? nameOrFile) =>
        nameOrFile is not null ? PolicyFile.Load(nameOrFile)
        : _root.Children.TryGetValue(new YamlScalarNode(PolicyFile.Section), out YamlNode? node)
            ? PolicyFile.Bind(node, _binder)
        : null;

    private static string? FindUpwards(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, DefaultName);
            if (File.Exists(candidate))
            {
                RequireOwn(candidate);
                RequireOwn(at.FullName, candidate);
                return candidate;
            }
        }

        return null;
    }

    // A file that somebody else left in a folder above is his choice of settings, not this user's.
    private static void RequireOwn(string path, string? file = null)
    {
        foreach (bool follow in new[] { false, true })
        {
            if (PosixFile.Status(path, follow) is { } status && status.Owner != 0 && status.Owner != PosixFile.User)
            {
                throw new MttException(
                    $"{file ?? path}: {(file is null ? "" : "its folder ")}belongs to another user (number {status.Owner}), and was not named",
                    $"Where you trust it, name it: --config {file ?? path}; else give a file of your own with --config."
                );
            }
        }
    }
}

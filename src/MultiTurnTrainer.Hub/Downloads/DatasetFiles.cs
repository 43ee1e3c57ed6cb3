using MultiTurnTrainer.Hub.Client;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MultiTurnTrainer.Hub.Downloads;

/// <summary>Which files of a dataset's repository a configuration and split mean: what its card says, else what names say.</summary>
internal static partial class DatasetFiles
{
    private const string DefaultSplit = "train";
    private static readonly string[] _endings =
    [
        ".parquet",
        ".jsonl",
        ".json",
        ".jsonl.gz",
        ".jsonl.zst",
        ".json.gz",
        ".csv",
    ];

    // What the names of files say, as the datasets library understands them.
    private static readonly (string Split, string[] Words)[] _words =
    [
        ("train", ["train", "training"]),
        ("validation", ["validation", "valid", "val", "dev"]),
        ("test", ["test", "testing", "eval", "evaluation"]),
    ];

    /// <summary>The files, in name order; none where the repository itself does not have them.</summary>
    /// <param name="name">What is wanted.</param>
    /// <param name="files">All files of the repository.</param>
    /// <param name="card">Its README.md; null for none.</param>
    /// <exception cref="MttException">The card has no such configuration or split.</exception>
    public static IReadOnlyList<string> Choose(DatasetName name, IReadOnlyList<string> files, string? card)
    {
        string[] data =
        [
            .. files.Where(path => _endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))),
        ];
        IReadOnlyList<Configuration> configurations = ReadCard(card);
        if (configurations.Count > 0)
        {
            Configuration chosen = ChooseConfiguration(name, configurations);
            IReadOnlyList<string> patterns = chosen.Patterns(name.Split ?? DefaultSplit);
            string[] found = [.. data.Where(path => patterns.Any(pattern => Glob.Matches(pattern, path)))];
            return found.Length > 0
                ? found
                : throw new MttException(
                    $"{name.Repository}: configuration '{chosen.Name}' has no files for split '{name.Split ?? DefaultSplit}'",
                    $"Its splits are {string.Join(", ", chosen.Splits)}."
                );
        }

        string[] inside = name.Config is { } config
            ?
            [
                .. data.Where(path =>
                    path.Split('/')[..^1].Contains(config)
                    || Path.GetFileName(path).StartsWith(config, StringComparison.Ordinal)
                ),
            ]
            : data;
        string wanted = name.Split ?? DefaultSplit;
        string[] named = [.. inside.Where(path => FindSplit(path) == wanted)];
        // Files whose names say nothing are the training data.
        return named.Length > 0 || wanted != DefaultSplit ? named : [.. inside.Where(path => FindSplit(path) is null)];
    }

    /// <summary>The files of the branch that the hub converts every dataset to: <c>config/split/0000.parquet</c>.</summary>
    public static IReadOnlyList<string> ChooseConverted(DatasetName name, IReadOnlyList<string> files)
    {
        string split = name.Split ?? DefaultSplit;
        string[] configs =
        [
            .. files
                .Where(path => path.EndsWith(".parquet", StringComparison.Ordinal))
                .Select(path => path.Split('/')[0])
                .Distinct(),
        ];
        string? config = name.Config ?? (configs.Contains("default") || configs.Length != 1 ? "default" : configs[0]);
        string[] found =
        [
            .. files.Where(path =>
                path.Split('/') is [var inConfig, var inSplit, _]
                && inConfig == config
                && (inSplit == split || inSplit == $"partial-{split}")
            ),
        ];
        return found.Length > 0
            ? found
            : throw new MttException(
                $"{name.Repository}: has no data for configuration '{config}', split '{split}'",
                configs.Length > 0
                    ? $"Its configurations are {string.Join(", ", configs)}: write hf://datasets/{name.Repository.Id}/CONFIG:SPLIT."
                    : "See its files on the hub, and name one: hf://datasets/org/name/path/file.jsonl."
            );
    }

    private static Configuration ChooseConfiguration(DatasetName name, IReadOnlyList<Configuration> all) =>
        (
            name.Config is { } wanted
                ? all.FirstOrDefault(one => one.Name == wanted)
                : all.FirstOrDefault(one => one.IsDefault)
                    ?? all.FirstOrDefault(one => one.Name == "default")
                    ?? (all.Count == 1 ? all[0] : null)
        )
        ?? throw new MttException(
            name.Config is null
                ? $"{name.Repository}: has several configurations, and none is named"
                : $"{name.Repository}: has no configuration '{name.Config}'",
            $"Its configurations are {string.Join(", ", all.Select(one => one.Name))}: write hf://datasets/{name.Repository.Id}/CONFIG."
        );

    private static string? FindSplit(string path)
    {
        // The file's own name says it before its folders do.
        foreach (string part in path.Split('/').Reverse())
        {
            string[] words = Word().Matches(part.ToLowerInvariant()).Select(match => match.Value).ToArray();
            if (Array.Find(_words, entry => entry.Words.Any(words.Contains)) is { Split: { } split })
            {
                return split;
            }
        }

        return null;
    }

    private static IReadOnlyList<Configuration> ReadCard(string? card)
    {
        if (card is null || !card.StartsWith("---", StringComparison.Ordinal))
        {
            return [];
        }

        int end = card.IndexOf("\n---", StringComparison.Ordinal);
        YamlNode? read;
        try
        {
            read = YamlText.Parse(end < 0 ? "" : card[3..end]);
        }
        catch (YamlException)
        {
            // A card that cannot be read says nothing; names and the converted branch remain.
            return [];
        }

        return
            read is YamlMappingNode root
            && root.Children.TryGetValue("configs", out YamlNode? list)
            && list is YamlSequenceNode configs
            ? [.. configs.OfType<YamlMappingNode>().Select(Configuration.Read)]
            : [];
    }

    /// <summary>One entry of a card's <c>configs</c>.</summary>
    private sealed record Configuration(
        string Name,
        bool IsDefault,
        IReadOnlyList<(string Split, string Pattern)> Files
    )
    {
        public IEnumerable<string> Splits => Files.Select(file => file.Split).Distinct();

        public IReadOnlyList<string> Patterns(string split) =>
            [.. Files.Where(file => file.Split == split).Select(file => file.Pattern)];

        public static Configuration Read(YamlMappingNode node)
        {
            List<(string, string)> files = [];
            foreach (YamlNode entry in Items(Get(node, "data_files")))
            {
                if (entry is YamlMappingNode map)
                {
                    string split = (Get(map, "split") as YamlScalarNode)?.Value ?? DefaultSplit;
                    files.AddRange(
                        Items(Get(map, "path")).OfType<YamlScalarNode>().Select(path => (split, path.Value!))
                    );
                }
                else if (entry is YamlScalarNode { Value: { } path })
                {
                    files.Add((DefaultSplit, path));
                }
            }

            string name = (Get(node, "config_name") as YamlScalarNode)?.Value ?? "default";
            bool chosen = (Get(node, "default") as YamlScalarNode)?.Value == "true";
            return new Configuration(name, chosen, files);
        }

        private static YamlNode? Get(YamlMappingNode node, string key) =>
            node.Children.TryGetValue(key, out YamlNode? value) ? value : null;

        private static IEnumerable<YamlNode> Items(YamlNode? node) =>
            node switch
            {
                YamlSequenceNode list => list,
                null => [],
                _ => [node],
            };
    }

    [GeneratedRegex("[a-z]+")]
    private static partial Regex Word();
}

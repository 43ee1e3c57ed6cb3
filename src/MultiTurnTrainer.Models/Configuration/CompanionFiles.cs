namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What stands beside the weights in a model's folder (configuration, tokenizer, templates, notes) and goes with new ones.</summary>
public static class CompanionFiles
{
    /// <summary>The chat template's own file, which wins over what tokenizer_config.json says.</summary>
    public const string ChatTemplate = "chat_template.jinja";

    /// <summary>The folder of further chat templates.</summary>
    public const string Templates = "additional_chat_templates";

    /// <summary>In the folder that stands for a GGUF file: the link to it.</summary>
    public const string GgufLink = "model.gguf";

    private static readonly string[] _weightEndings =
    [
        ".safetensors",
        ".safetensors.index.json",
        ".bin",
        ".bin.index.json",
        ".pt",
        ".pth",
        ".gguf",
        ".h5",
        ".msgpack",
        ".onnx",
        ".onnx_data",
    ];

    private static readonly string[] _tokenizerNames =
    [
        "added_tokens.json",
        ChatTemplate,
        "chat_template.json",
        "merges.txt",
        "special_tokens_map.json",
        "tekken.json",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "vocab.json",
        "vocab.txt",
    ];

    /// <summary>
    /// The files' names in the folder, folders within it included (such as <c>additional_chat_templates</c>). A folder that holds
    /// weights itself is another model, an adapter or a checkpoint, and stays behind, as hidden folders do.
    /// </summary>
    public static IReadOnlyList<string> List(string folder) =>
        [
            .. Find(folder)
                .Select(path => Path.GetRelativePath(folder, path))
                .Where(name => !OutputLock.IsLock(name))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>
    /// Those of them that make tokens of text and prompts of chats: what an adapter's folder carries, so that whoever serves it
    /// renders what it was trained on.
    /// </summary>
    public static IEnumerable<string> ListTokenizer(string folder) => List(folder).Where(IsTokenizer);

    /// <summary>Whether a name in a model's folder belongs to its tokenizer or chat templates.</summary>
    public static bool IsTokenizer(string name) =>
        _tokenizerNames.Contains(name)
        || name.EndsWith(".tiktoken", StringComparison.Ordinal)
        || name.StartsWith(Templates + "/", StringComparison.Ordinal);

    /// <summary>Copies one of them.</summary>
    /// <param name="from">The model's folder.</param>
    /// <param name="name">One of <see cref="List"/>'s.</param>
    /// <param name="to">The folder it goes to.</param>
    /// <param name="force">Whether a file of that name may be replaced.</param>
    public static void Copy(string from, string name, string to, bool force)
    {
        string target = Path.Combine(to, name);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        OutputFile.WriteAllBytes(target, File.ReadAllBytes(Path.Combine(from, name)), force);
    }

    private static IEnumerable<string> Find(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Where(path => !IsWeights(path))
            .Concat(
                new DirectoryInfo(folder)
                    .EnumerateDirectories()
                    .Where(inner => inner.LinkTarget is null && inner.Name[0] != '.')
                    .Where(inner => !Directory.EnumerateFiles(inner.FullName).Any(IsWeights))
                    .SelectMany(inner => Find(inner.FullName))
            );

    private static bool IsWeights(string path) =>
        _weightEndings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal));
}

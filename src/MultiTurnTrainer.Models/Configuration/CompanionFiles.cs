namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What stands beside the weights in a model's folder (configuration, tokenizer, templates, notes) and goes with new ones.</summary>
public static class CompanionFiles
{
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

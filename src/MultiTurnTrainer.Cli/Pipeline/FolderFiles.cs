namespace MultiTurnTrainer.Cli.Pipeline;

/// <summary>The files of a model's or adapter's folder.</summary>
internal static class FolderFiles
{
    // Hundreds of megabytes that say nothing about how text becomes tokens.
    private static readonly string[] _weights =
    [
        ".safetensors",
        ".bin",
        ".gguf",
        ".pt",
        ".pth",
        ".h5",
        ".onnx",
        ".msgpack",
    ];

    /// <summary>All of them, in the order of their names; none of null.</summary>
    public static IEnumerable<string> All(string? folder) =>
        folder is null || !Directory.Exists(folder)
            ? []
            : Directory
                .EnumerateFiles(folder)
                .Where(path => !Path.GetFileName(path).StartsWith('.'))
                .Order(StringComparer.Ordinal);

    /// <summary>Those that tokenizer and template may read.</summary>
    public static IEnumerable<string> WithoutWeights(string folder) =>
        All(folder).Where(path => !_weights.Contains(Path.GetExtension(path)));

    /// <summary>Those of a trained adapter or model that change what it says.</summary>
    public static IEnumerable<string> Trained(string folder) =>
        All(folder)
            .Where(path =>
                Path.GetFileName(path) is var name
                && (
                    name.EndsWith(".safetensors", StringComparison.Ordinal)
                    || name.EndsWith("config.json", StringComparison.Ordinal)
                    || name.EndsWith(".jinja", StringComparison.Ordinal)
                    || name.StartsWith("token", StringComparison.Ordinal)
                )
            );
}

namespace MultiTurnTrainer.Hub.Downloads;

/// <summary>What is wanted of a repository with a model.</summary>
public enum ModelNeed
{
    /// <summary>Configuration, tokenizer and templates.</summary>
    Tokenizer,

    /// <summary>Everything that runs: these and the safetensors weights.</summary>
    Weights,

    /// <summary>A LoRA adapter.</summary>
    Adapter,
}

/// <summary>Which files of a repository a model needs. Never pickled weights, other formats, or copies for other programs.</summary>
internal static class ModelFiles
{
    /// <summary>The list of shards.</summary>
    public const string Index = "model.safetensors.index.json";

    private const string Single = "model.safetensors";
    private const string AdapterWeights = "adapter_model.safetensors";

    private static readonly string[] _small = [".json", ".jinja", ".model", ".tiktoken", ".txt"];

    /// <summary>The files beside the weights.</summary>
    public static IEnumerable<string> ListSmall(IEnumerable<string> files) =>
        files.Where(path =>
            (IsTop(path) || path.StartsWith("additional_chat_templates/", StringComparison.Ordinal))
            && _small.Any(ending => path.EndsWith(ending, StringComparison.Ordinal))
        );

    /// <summary>The weights.</summary>
    /// <param name="repository">Its name, for messages.</param>
    /// <param name="files">All files of the repository.</param>
    /// <param name="need">What is wanted.</param>
    /// <param name="readIndex">The text of the list of shards.</param>
    /// <exception cref="MttException">There are none that mtt reads.</exception>
    public static IEnumerable<string> ListWeights(
        string repository,
        IReadOnlyCollection<string> files,
        ModelNeed need,
        Func<string> readIndex
    )
    {
        if (need == ModelNeed.Tokenizer)
        {
            return [];
        }

        string single = need == ModelNeed.Adapter ? AdapterWeights : Single;
        if (files.Contains(single))
        {
            return [single];
        }

        if (need == ModelNeed.Weights && files.Contains(Index))
        {
            return ReadShards(repository, readIndex(), files);
        }

        string[] others = [.. files.Where(path => Path.GetExtension(path) is ".bin" or ".gguf" or ".pt" or ".pth")];
        throw new MttException(
            $"{repository}: the repository holds no {single}"
                + (others.Length > 0 ? $", only {string.Join(", ", others.Take(3))}" : ""),
            files.Contains(AdapterWeights)
                ? "It is an adapter: give it with --adapter, and its base with --model."
                : "Take a repository with safetensors weights; pickled ones can run code and are not read."
        );
    }

    /// <summary>Whether a folder of the cache holds what is wanted; what it lacks is not to be found without the network.</summary>
    public static bool IsWhole(string folder, ModelNeed need)
    {
        string config = need == ModelNeed.Adapter ? "adapter_config.json" : "config.json";
        if (!File.Exists(Path.Combine(folder, config)))
        {
            return false;
        }

        string[] present = [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))];
        try
        {
            IEnumerable<string> weights = ListWeights(
                folder,
                present,
                need,
                () => InputFile.ReadText(Path.Combine(folder, Index))
            );
            return weights.All(name => File.Exists(Path.Combine(folder, name)));
        }
        catch (MttException)
        {
            return false;
        }
    }

    private static IEnumerable<string> ReadShards(string repository, string index, IReadOnlyCollection<string> files)
    {
        try
        {
            string[] shards =
            [
                .. JsonView
                    .Parse(index)
                    .GetProperty("weight_map")
                    .EnumerateObject()
                    .Select(tensor => tensor.Value.GetString() ?? throw new FormatException("a tensor has no file"))
                    .Distinct()
                    .Order(StringComparer.Ordinal),
            ];
            return Array.Find(shards, shard => !files.Contains(shard)) is { } missing
                ? throw new MttException(
                    $"{repository}: {Index} names {missing}, which is not there",
                    "The repository is not whole: tell its owner, or take another revision."
                )
                : shards;
        }
        catch (Exception problem) when (problem is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new MttException(
                $"{repository}: {Index} cannot be read ({problem.Message})",
                "The repository is damaged: tell its owner, or take another revision.",
                problem
            );
        }
    }

    private static bool IsTop(string path) => !path.Contains('/', StringComparison.Ordinal);
}

namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>The weights of a model folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names.</summary>
public sealed class WeightFolder : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private readonly Dictionary<string, SafetensorsFile> _home;

    private WeightFolder(string folder, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> home)
    {
        Folder = folder;
        Files = files;
        _home = home;
    }

    /// <summary>The folder's path.</summary>
    public string Folder { get; }

    /// <summary>The files, in name order.</summary>
    public IReadOnlyList<SafetensorsFile> Files { get; }

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _home.Keys;

    /// <summary>Opens a model folder's weights.</summary>
    /// <exception cref="MttException">No weights, a damaged file, or an index that does not agree with its shards.</exception>
    public static WeightFolder Open(string folder)
    {
        string index = Path.Combine(folder, Index);
        string single = Path.Combine(folder, Single);
        if (!File.Exists(index) && !File.Exists(single))
        {
            throw new MttException(
                $"{folder}: holds neither {Single} nor {Index}",
                "Give a HuggingFace model folder with safetensors weights (not pytorch_model.bin)."
            );
        }

        Dictionary<string, string>? map = File.Exists(single) ? null : ReadIndex(index);
        string[] names = map is null ? [Single] : [.. map.Values.Distinct().Order(StringComparer.Ordinal)];
        List<SafetensorsFile> files = [];
        try
        {
            foreach (string name in names)
            {
                files.Add(SafetensorsFile.Open(Path.Combine(folder, name)));
            }

            return new WeightFolder(folder, files, FindHomes(files, map, index));
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>Finds a tensor.</summary>
    /// <returns>Whether the folder holds it.</returns>
    public bool TryFind(string name, out SafetensorsFile file, out SafetensorsEntry entry)
    {
        bool found = _home.TryGetValue(name, out SafetensorsFile? home);
        file = home!;
        entry = found ? home![name] : null!;
        return found;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in Files)
        {
            file.Dispose();
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(InputFile.ReadBytes(path));
            Dictionary<string, string> map = new(StringComparer.Ordinal);
            foreach (JsonProperty property in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                string file = property.Value.GetString()!;
                if (Path.GetFileName(file) != file || file is "" or "." or "..")
                {
                    throw new MttException(
                        $"{path}: weight_map sends '{property.Name}' to '{file}', which is not a plain file name",
                        "The index is damaged or hostile: fetch it again."
                    );
                }

                if (!map.TryAdd(property.Name, file))
                {
                    throw new MttException(
                        $"{path}: weight_map names '{property.Name}' twice",
                        "The index is damaged: fetch it again."
                    );
                }
            }

            return map;
        }
        catch (Exception problem)
            when (problem is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentNullException
            )
        {
            throw new MttException(
                $"{path}: not a weight index ({problem.Message})",
                "It must be {\"weight_map\": {tensor: file}}: fetch it again.",
                problem
            );
        }
    }

    private static Dictionary<string, SafetensorsFile> FindHomes(
        List<SafetensorsFile> files,
        Dictionary<string, string>? map,
        string index
    )
    {
        Dictionary<string, SafetensorsFile> homes = new(StringComparer.Ordinal);
        foreach (SafetensorsFile file in files)
        {
            foreach (string name in file.Entries.Keys)
            {
                bool expected =
                    map is null || (map.TryGetValue(name, out string? home) && home == Path.GetFileName(file.Path));
                if (!expected || !homes.TryAdd(name, file))
                {
                    throw new MttException(
                        $"{file.Path}: holds '{name}', which {Index} does not place there",
                        "Shards and index belong to different downloads: fetch them again."
                    );
                }
            }
        }

        string? missing = map?.Keys.FirstOrDefault(name => !homes.ContainsKey(name));
        return missing is null
            ? homes
            : throw new MttException(
                $"{index}: names '{missing}', which {map![missing]} does not hold",
                "Shards and index belong to different downloads: fetch them again."
            );
    }
}

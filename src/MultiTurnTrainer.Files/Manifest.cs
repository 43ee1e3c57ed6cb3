namespace MultiTurnTrainer.Files;

/// <summary>
/// What made an output: command, tool version, inputs with their hashes, options, counts. Written beside the output
/// as <c>NAME.manifest.json</c>; holds no clock and no absolute path, so equal runs give equal bytes.
/// </summary>
/// <param name="Command">The command, such as <c>mask</c>.</param>
public sealed record Manifest(string Command)
{
    /// <summary>The version of mtt.</summary>
    public static string ToolVersion { get; } = typeof(Manifest).Assembly.GetName().Version!.ToString(3);

    /// <summary>The settings file of this process' command; null where it has none.</summary>
    public static string? Settings { get; set; }

    private static string Tool => $"mtt {ToolVersion}";

    private readonly List<(string Path, string Described)> _read = [];

    /// <summary>Input files by role and name: hash and size.</summary>
    public JsonFields Inputs { get; } = [];

    /// <summary>The options that shape the output.</summary>
    public JsonFields Options { get; } = [];

    /// <summary>What was read, written, left out and why.</summary>
    public JsonFields Counts { get; } = [];

    /// <summary>Output files by name: hash and size.</summary>
    public JsonFields Outputs { get; } = [];

    /// <summary>The manifest's path for an output's path.</summary>
    public static string PathFor(string output) => $"{output.TrimEnd('/')}.manifest.json";

    /// <summary>Records an input file under a role such as <c>conversations</c> or <c>tokenizer</c>.</summary>
    public void AddInput(string role, string path)
    {
        JsonFields described = Describe(path);
        Inputs[$"{role}:{Path.GetFileName(path)}"] = described;
        _read.Add((path, JsonSerializer.Serialize(described)));
    }

    /// <summary>Hashes the inputs once more: what was read several times must have been the same each time.</summary>
    /// <exception cref="MttException">One was changed since it was recorded.</exception>
    public void RequireUnchanged()
    {
        foreach ((string path, string before) in _read)
        {
            if (!InputFile.Exists(path) || JsonSerializer.Serialize(Describe(path)) != before)
            {
                throw FileState.Refusal(path);
            }
        }
    }

    /// <summary>Records a finished output file.</summary>
    public void AddOutput(string path) => Outputs[Path.GetFileName(path)] = Describe(path);

    /// <summary>Writes the manifest beside an output, atomically.</summary>
    public void WriteBeside(string output)
    {
        JsonFields root = new()
        {
            ["tool"] = Tool,
            ["command"] = Command,
            ["inputs"] = Inputs,
            ["options"] = Options,
            ["counts"] = Counts,
            ["outputs"] = Outputs,
        };
        if (Settings is { } settings)
        {
            JsonFields named = new() { ["file"] = Path.GetRelativePath(Directory.GetCurrentDirectory(), settings) };
            foreach ((string name, object? value) in Describe(settings))
            {
                named[name] = value;
            }

            root["settings"] = named;
        }

        OutputFile.WriteAllBytes(
            PathFor(output),
            JsonSerializer.SerializeToUtf8Bytes(root, JsonText.Indented),
            force: true
        );
    }

    /// <summary>Whether a manifest says that the same inputs and options were worked on, and its outputs still stand beside it.</summary>
    public bool IsFinished(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            JsonObject found = JsonNode.Parse(InputFile.ReadBytes(path))!.AsObject();
            string folder = Path.GetDirectoryName(path)!;
            return found["tool"]?.GetValue<string>() == Tool
                && JsonNode.DeepEquals(found["inputs"], JsonSerializer.SerializeToNode(Inputs))
                && JsonNode.DeepEquals(found["options"], JsonSerializer.SerializeToNode(Options))
                && found["outputs"] is JsonObject outputs
                && outputs.All(output => Stands(Path.Combine(folder, output.Key), output.Value));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Stands(string path, JsonNode? described) =>
        File.Exists(path)
        && new FileInfo(path).Length == described?["bytes"]?.GetValue<long>()
        && ContentHash.OfFile(path) == described["sha256"]?.GetValue<string>();

    private static JsonFields Describe(string path)
    {
        JsonFields described = new() { ["sha256"] = ContentHash.OfFile(path), ["bytes"] = InputFile.Length(path) };
        if (CachedRepository.Of(path) is { } hub)
        {
            described["hub"] = $"{hub.Id}@{hub.Commit}";
        }

        return described;
    }
}

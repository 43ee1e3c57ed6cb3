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

    /// <summary>Input files by role and name: hash and size.</summary>
    public JsonObject Inputs { get; } = [];

    /// <summary>The options that shape the output.</summary>
    public JsonObject Options { get; } = [];

    /// <summary>What was read, written, left out and why.</summary>
    public JsonObject Counts { get; } = [];

    /// <summary>Output files by name: hash and size.</summary>
    public JsonObject Outputs { get; } = [];

    /// <summary>The manifest's path for an output's path.</summary>
    public static string PathFor(string output) => $"{output.TrimEnd('/')}.manifest.json";

    /// <summary>Records an input file under a role such as <c>conversations</c> or <c>tokenizer</c>.</summary>
    public void AddInput(string role, string path) => Inputs[$"{role}:{Path.GetFileName(path)}"] = Describe(path);

    /// <summary>Records a finished output file.</summary>
    public void AddOutput(string path) => Outputs[Path.GetFileName(path)] = Describe(path);

    /// <summary>Writes the manifest beside an output, atomically.</summary>
    public void WriteBeside(string output)
    {
        JsonObject root = new()
        {
            ["tool"] = $"mtt {ToolVersion}",
            ["command"] = Command,
            ["inputs"] = Inputs.DeepClone(),
            ["options"] = Options.DeepClone(),
            ["counts"] = Counts.DeepClone(),
            ["outputs"] = Outputs.DeepClone(),
        };
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(root, JsonText.Indented);
        OutputFile.WriteAllBytes(PathFor(output), bytes, force: true);
    }

    private static JsonObject Describe(string path) =>
        new() { ["sha256"] = ContentHash.OfFile(path), ["bytes"] = new FileInfo(path).Length };
}

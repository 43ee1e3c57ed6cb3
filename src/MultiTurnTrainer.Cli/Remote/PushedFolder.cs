namespace MultiTurnTrainer.Cli.Remote;

/// <summary>A folder that is pushed: which of its files go, and what a card can say of it.</summary>
internal static class PushedFolder
{
    private const string Card = "README.md";
    private static readonly string[] _endings = [".safetensors", ".json", ".jinja", ".model", ".tiktoken", ".txt"];
    private static readonly string[] _logs = ["divergence.json"];

    /// <summary>What is known of a folder: from its configuration, and from the manifest and metrics that mtt left.</summary>
    /// <param name="folder">An adapter's or a model's folder.</param>
    /// <param name="id">The repository.</param>
    /// <param name="baseId">The base's name on the hub, where the user gives it.</param>
    /// <exception cref="MttException">It holds neither, or nothing names the base as the hub does.</exception>
    public static ModelCard Describe(string folder, string id, string? baseId)
    {
        bool adapter = File.Exists(Path.Combine(folder, LoraConfigJson.FileName));
        if (!adapter && !File.Exists(Path.Combine(folder, "config.json")))
        {
            throw new MttException(
                $"{folder}: holds neither an adapter nor a model",
                "Give a folder that mtt train or mtt merge wrote."
            );
        }

        string? written = adapter ? LoraConfigJson.ReadFolder(folder).BaseModel : BaseName.Of(folder);
        string basis =
            baseId
            ?? (
                written is not null && HubName.TryParseModel(written) is not null && !Directory.Exists(written)
                    ? written
                    : null
            )
            ?? throw new MttException(
                $"{folder}: its base is called '{written}', which is no name on the hub",
                "Give the base's name with --base-id org/name; a page with a local path is not valid."
            );
        JsonView? manifest = ReadManifest(folder);
        string[] inputs =
        [
            .. Fields(manifest?.Get("inputs")).Select(input => input.Value.GetString("hub")).OfType<string>(),
        ];
        return new ModelCard
        {
            Id = id,
            Base = basis,
            BaseCommit = Array
                .Find(inputs, input => input.StartsWith(basis + "@", StringComparison.Ordinal))
                ?.Split('@')[1],
            IsAdapter = adapter,
            Datasets = [.. inputs.Select(input => input.Split('@')[0]).Where(input => input != basis).Distinct()],
            Data =
            [
                .. Fields(manifest?.Get("inputs"))
                    .Where(input => !input.Name.StartsWith("model:", StringComparison.Ordinal))
                    .Select(input => (input.Name, input.Value.GetString("sha256") ?? "")),
            ],
            Rows = Settings(manifest?.Get("options")?.Get("rows")),
            Training = Settings(manifest?.Get("options")?.Get("train")),
            Metrics = ReadMetrics(folder, manifest),
        };
    }

    /// <summary>Pushes the folder's files with the card.</summary>
    /// <returns>The address of what was made.</returns>
    /// <exception cref="MttException">The hub refuses, or a file cannot be read.</exception>
    public static string Push(HubUpload upload, string folder, HubName name, ModelCard card, UploadOptions options)
    {
        if (card.Licence is null && HubName.TryParseModel(card.Base) is { } basis)
        {
            string? licence = upload.FindLicenceAsync(basis, CancellationToken.None).GetAwaiter().GetResult();
            card = card with { Licence = licence };
        }

        string readme = Path.Combine(folder, Card);
        UploadFile page = File.Exists(readme)
            ? UploadFile.Of(Card, readme)
            : UploadFile.Of(Card, Encoding.UTF8.GetBytes(card.Write()));
        UploadFile[] files = [page, .. List(folder).Select(path => UploadFile.Of(path, Path.Combine(folder, path)))];
        return upload.PushAsync(name, files, options, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static IEnumerable<string> List(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Concat(
                Directory.Exists(Path.Combine(folder, CompanionFiles.Templates))
                    ? Directory.EnumerateFiles(Path.Combine(folder, CompanionFiles.Templates))
                    : []
            )
            .Select(path => Path.GetRelativePath(folder, path))
            .Where(path => !path.StartsWith('.') && !_logs.Contains(path) && _endings.Contains(Path.GetExtension(path)))
            .Order(StringComparer.Ordinal);

    private static JsonView? ReadManifest(string folder)
    {
        string path = Manifest.PathFor(Path.GetFullPath(folder));
        try
        {
            return File.Exists(path) ? JsonView.Parse(File.ReadAllBytes(path)) : null;
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"{path}: cannot be read ({problem.Message})",
                "Remove it, or write it again.",
                problem
            );
        }
    }

    private static List<(string, string)> ReadMetrics(string folder, JsonView? manifest)
    {
        List<(string, string)> metrics = [];
        foreach (string name in (string[])["rows", "supervised_tokens", "steps", "largest_logit_difference"])
        {
            if (manifest?.Get("counts")?.Get(name) is { } count)
            {
                metrics.Add((name.Replace('_', ' '), JsonText.Line(count)));
            }
        }

        Add("metrics.jsonl", "training loss");
        Add("evaluations.jsonl", "evaluation loss");
        return metrics;

        void Add(string file, string name)
        {
            string path = Path.Combine(folder, file);
            string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [];
            if (lines.Length > 0)
            {
                metrics.Add((name, $"{Loss(lines[0])}, {Loss(lines[^1])}"));
            }
        }

        static string Loss(string line)
        {
            JsonView json = JsonView.Parse(line);
            return $"{json.Get("loss")?.GetRawText()} at step {json.Get("step")?.GetRawText()}";
        }
    }

    private static (string, string)[] Settings(JsonView? section) =>
        [
            .. Fields(section)
                .Where(field => field.Value.Kind != JsonKind.Null)
                .Select(field => (field.Name, JsonText.Line(field.Value))),
        ];

    private static IEnumerable<JsonMember> Fields(JsonView? section) =>
        section is { Kind: JsonKind.Object } fields ? fields.EnumerateObject() : [];
}

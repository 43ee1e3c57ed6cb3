namespace MultiTurnTrainer.Runs.Tables;

/// <summary>What a folder of <c>mtt train</c> says of its run.</summary>
internal static class TrainedFacts
{
    private const string Steps = "metrics.jsonl";
    private const string SeedKey = "train.seed";
    private const string PolicyKey = "rows.context_policy";

    private static readonly string[] _sections = ["train", "rows", "lora", "distill", "preference"];
    private static readonly string[] _identities = ["model", "data"];
    private static readonly (string Split, string Name)[] _splits =
    [
        ("by_turn", "turn"),
        ("by_role", "role"),
        ("by_field", "field"),
    ];

    /// <summary>Whether a folder is one.</summary>
    public static bool IsOne(string folder) => File.Exists(Path.Combine(folder, Steps));

    /// <summary>Reads it.</summary>
    public static RunFacts Read(string folder)
    {
        JsonView manifest = ReadManifest(folder);
        Dictionary<string, string> settings = Settings(manifest);
        JsonView[] evaluations = Lines(Path.Combine(folder, "evaluations.jsonl"));
        bool isBest = settings.GetValueOrDefault("train.load_best_model_at_end") == "true";
        JsonView evaluation =
            isBest && evaluations.LastOrDefault(IsBest) is { Kind: JsonKind.Object } best
                ? best
                : evaluations.LastOrDefault();
        int? seed =
            settings.Remove(SeedKey, out string? own)
            && int.TryParse(own, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)
                ? number
                : null;
        string? policy = settings.Remove(PolicyKey, out string? hash) ? hash[..Math.Min(12, hash.Length)] : null;
        return new RunFacts(Path.GetFileName(folder))
        {
            Folder = folder,
            State = State(folder, manifest),
            Settings = settings,
            Seed = seed,
            Policy = policy,
            Measures = [.. Evaluated(evaluation), .. Trained(Lines(Path.Combine(folder, Steps)))],
        };
    }

    private static string State(string folder, JsonView manifest) =>
        manifest.Kind == JsonKind.Object ? RunFacts.Finished
        : File.Exists(Path.Combine(folder, "divergence.json")) ? "diverged"
        : "unfinished";

    private static bool IsBest(JsonView evaluation) => evaluation.Get("best") is { Kind: JsonKind.True };

    private static JsonView ReadManifest(string folder)
    {
        string path = Manifest.PathFor(folder);
        try
        {
            return File.Exists(path) ? JsonView.Parse(InputFile.ReadBytes(path)) : default;
        }
        catch (FormatException problem)
        {
            throw new MttException($"{path}: {problem.Message}", "Restore the file, or train again.", problem);
        }
    }

    private static Dictionary<string, string> Settings(JsonView manifest)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal);
        if (!manifest.TryGetProperty("options", out JsonView options))
        {
            return settings;
        }

        if (options.GetString("objective") is { } objective)
        {
            settings["train.objective"] = objective;
        }

        foreach (string section in _sections)
        {
            if (options.Get(section) is { Kind: JsonKind.Object } values)
            {
                foreach (JsonMember member in values.EnumerateObject())
                {
                    settings.TryAdd($"{section}.{member.Name}", Text(member.Value));
                }
            }
        }

        foreach (string identity in _identities)
        {
            if (options.Get("fingerprint")?.GetString(identity) is { Length: > 8 } hash)
            {
                settings[identity] = hash[..8];
            }
        }

        return settings;
    }

    private static string Text(JsonView value) =>
        value.Kind == JsonKind.String ? value.GetString()! : value.GetRawText();

    private static IEnumerable<Measure> Evaluated(JsonView evaluation)
    {
        if (evaluation.Kind != JsonKind.Object)
        {
            yield break;
        }

        foreach (string name in (string[])[RunFacts.TaskScore, RunFacts.EvalLoss, "eval_accuracy"])
        {
            if (Number(evaluation, name) is { } value)
            {
                yield return new Measure(name, value);
            }
        }

        foreach ((string split, string name) in _splits)
        {
            JsonMember[] parts = evaluation.Get(split) is { Kind: JsonKind.Object } found
                ? [.. found.EnumerateObject()]
                : [];
            // One part alone says what the whole says.
            foreach (JsonMember part in parts.Length > 1 ? parts : [])
            {
                if (Number(part.Value, "loss") is { } loss)
                {
                    yield return new Measure($"{RunFacts.EvalLoss}_{name}_{part.Name}", loss);
                }
            }
        }
    }

    private static IEnumerable<Measure> Trained(JsonView[] steps)
    {
        if (steps.Length == 0)
        {
            yield break;
        }

        double Sum(string name) => steps.Sum(step => Number(step, name) ?? 0);
        if (Number(steps[^1], "smoothed_loss") is { } loss)
        {
            yield return new Measure(RunFacts.Loss, loss);
        }

        yield return new Measure("steps", Number(steps[^1], "step") ?? steps.Length);
        yield return new Measure("tokens", Sum("tokens"));
        yield return new Measure("seconds", Sum("seconds"));
        if (Sum("seconds") > 0)
        {
            yield return new Measure("tokens_per_second", Sum("tokens") / Sum("seconds"));
        }

        yield return new Measure("peak_memory_mb", steps.Max(step => Number(step, "peak_memory_mb") ?? 0));
    }

    /// <summary>A number of a line; null where it has none, as NaN has no JSON.</summary>
    internal static double? Number(JsonView line, string name) =>
        line.Get(name) is { } value && value.TryGetDouble(out double number) ? number : null;

    /// <summary>The whole lines of a file; a run that is going on, or was killed, may have begun one more.</summary>
    /// <exception cref="MttException">Another line than the last is no JSON.</exception>
    internal static JsonView[] Lines(string path)
    {
        string[] texts = File.Exists(path) ? File.ReadAllLines(path) : [];
        List<JsonView> lines = [];
        for (int i = 0; i < texts.Length; i++)
        {
            try
            {
                lines.Add(JsonView.Parse(texts[i]));
            }
            catch (FormatException problem)
            {
                if (i < texts.Length - 1)
                {
                    throw new MttException(
                        $"{path}:{i + 1}: {problem.Message}",
                        "Restore the file, or leave this run out.",
                        problem
                    );
                }
            }
        }

        return [.. lines];
    }
}

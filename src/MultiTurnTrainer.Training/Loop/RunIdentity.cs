using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Hashes what a run's numbers depend on.</summary>
internal static class RunIdentity
{
    /// <summary>Bytes hashed at either end of a weight file; smaller files are hashed whole.</summary>
    private const int Sample = 4 << 20;

    /// <summary>A hash of a model's weights.</summary>
    public static string HashOfWeights(string model) => HashFolder(model, "*.safetensors");

    /// <summary>The fingerprint of a run.</summary>
    public static RunFingerprint Fingerprint(TrainRequest request, TrainingData data, string adapterConfig)
    {
        // What decides when something is written and where the run ends, not what a step computes.
        TrainSettings maths = request.Train with
        {
            SaveSteps = 0,
            SaveTotalLimit = 1,
            Threads = null,
            SpikeThreshold = 0,
            SpikeAction = default,
            EarlyStoppingPatience = null,
            LoadBestModelAtEnd = false,
        };
        Dictionary<string, string> parts = new()
        {
            ["objective"] = request.Objective.GetName(),
            ["model"] = HashFolder(request.Model, "*.safetensors", "config.json"),
            ["data"] = request.Distillation is null
                ? TrainingData.Hash(data.Rows)
                : Hash(string.Join('\n', request.TrainFiles.Select(ContentHash.OfFile))),
            ["adapter"] = Hash(
                adapterConfig + (request.InitAdapter is { } folder ? HashFolder(folder, "*.safetensors") : "")
            ),
        };
        if (CachedRepository.Of(request.Model) is { } hub)
        {
            parts["model commit"] = hub.Commit;
        }

        if (request.Distillation is { } distillation)
        {
            AddSettings(parts, "distill", SettingsJson.Of(distillation.Settings));
            if (distillation.Settings.MiddleTurns == MiddleTurns.One)
            {
                // Checkpoints of before there was such a setting go on.
                parts.Remove("distill.middle_turns");
            }
        }

        if (request.Preferences is { } preferences)
        {
            // Where log-probabilities are kept decides nothing.
            AddSettings(parts, "preference", SettingsJson.Of(preferences.Settings with { ReferenceFile = null }));
            parts["preference labels"] = Hash(preferences.LabelText);
        }

        AddTraining(parts, maths);
        AddSettings(parts, "rows", JsonText.ToView(request.Rows.Described()));

        AddEvaluation(parts, request, data);
        if (data.Packing is { } packing)
        {
            parts["packing"] = packing.Hash();
        }

        return new RunFingerprint(parts);
    }

    /// <summary>What several processes compare before anything large is read: version, settings, files, model.</summary>
    public static IReadOnlyDictionary<string, string> BeforeLoading(TrainRequest request)
    {
        Dictionary<string, string> parts = new()
        {
            ["mtt version"] = Manifest.ToolVersion,
            ["model"] = HashFolder(request.Model, "*.safetensors", "config.json"),
            ["data"] = Hash(Encoding.UTF8.GetString(RecordJson.ToLine(request.Record!.Inputs))),
            ["adapter"] = request.InitAdapter is { } folder ? HashFolder(folder, "*.safetensors", "*.json") : "",
            ["--resume"] = request.Resume ?? "",
        };
        // What a process has of its own machine.
        AddSettings(parts, "train", SettingsJson.Of(request.Train with { Threads = null, Device = "auto" }));
        AddSettings(parts, "lora", SettingsJson.Of(request.Lora));
        AddSettings(parts, "rows", JsonText.ToView(request.Rows.Described()));
        if (request.Distillation is { } distillation)
        {
            AddSettings(parts, "distill", SettingsJson.Of(distillation.Settings));
        }

        if (request.Preferences is { } preferences)
        {
            AddSettings(parts, "preference", SettingsJson.Of(preferences.Settings));
        }

        return parts;
    }

    private static void AddTraining(Dictionary<string, string> parts, TrainSettings maths)
    {
        AddSettings(parts, "train", SettingsJson.Of(maths));
        // It is a part of its own.
        parts.Remove("train.objective");
        parts.Remove("train.ddp_timeout");
        if (maths.FourBit is null)
        {
            // Checkpoints of before there was such a setting go on.
            parts.Remove("train.quantization");
            parts.Remove("train.double_quantization");
        }

        // What is shown of a run is no part of it: one that was begun without samples goes on with them.
        parts.Remove("train.report_samples");
        parts.Remove("train.report_sample_tokens");
    }

    // What is measured decides which step is the best.
    private static void AddEvaluation(Dictionary<string, string> parts, TrainRequest request, TrainingData data)
    {
        if (data.Evaluation.Count > 0)
        {
            parts["evaluation data"] = TrainingData.Hash(data.Evaluation);
        }

        if (request.Tasks is { } tasks)
        {
            parts["evaluation tasks"] = tasks.Fingerprint;
        }
    }

    private static void AddSettings(Dictionary<string, string> parts, string section, JsonView settings)
    {
        foreach (JsonMember setting in settings.EnumerateObject())
        {
            parts[$"{section}.{setting.Name}"] = JsonText.AsciiLine(setting.Value);
        }
    }

    private static string HashFolder(string folder, params string[] patterns)
    {
        IEnumerable<string> files = patterns
            .SelectMany(pattern => Directory.EnumerateFiles(folder, pattern))
            .Order(StringComparer.Ordinal);
        return Hash(string.Join('\n', files.Select(path => $"{Path.GetFileName(path)} {HashWeights(path)}")));
    }

    private static string HashWeights(string path)
    {
        using FileStream stream = File.OpenRead(path);
        if (stream.Length <= 2 * Sample)
        {
            return ContentHash.OfFile(path);
        }

        byte[] ends = new byte[(2 * Sample) + 8];
        BitConverter.TryWriteBytes(ends.AsSpan(2 * Sample), stream.Length);
        stream.ReadExactly(ends, 0, Sample);
        stream.Seek(-Sample, SeekOrigin.End);
        stream.ReadExactly(ends, Sample, Sample);
        return ContentHash.Of(ends);
    }

    private static string Hash(string text) => ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(text));
}

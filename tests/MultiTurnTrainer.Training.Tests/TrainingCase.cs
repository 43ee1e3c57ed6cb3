using System.Globalization;
using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Models.Safetensors;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests;

/// <summary>
/// The reference runs in <c>Goldens/</c>: ten AdamW steps of tiny models. Model, first adapter and sequences lie with
/// the tests of the models' room.
/// </summary>
internal static class TrainingCase
{
    public static TheoryData<string> Names =>
        [
            .. Directory
                .GetDirectories(Path.Combine(Tests, "MultiTurnTrainer.Training.Tests", "Goldens"))
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
        ];

    private static string Tests => Path.Combine(Repository.Root, "tests");

    public static string Model(string name) => Path.Combine(Tests, "MultiTurnTrainer.Models.Tests", "Goldens", name);

    public static string Adapter(string name) => Path.Combine(Model(name), "adapter");

    public static string Expected(string name, string file) =>
        Path.Combine(Tests, "MultiTurnTrainer.Training.Tests", "Goldens", name, file);

    public static JsonView Plan(string name) => Json(Expected(name, "train.json"));

    public static JsonView Json(string path) => JsonView.Parse(File.ReadAllBytes(path));

    /// <summary>The rows that the reference's steps see, in order: six to a step.</summary>
    public static string WriteRows(TempFolder folder, string name, int repeat = 1) =>
        WriteRows(folder, Path.Combine(Model(name), "batch.json"), Plan(name), repeat);

    /// <summary>The rows that a plan's steps see, in order.</summary>
    public static string WriteRows(TempFolder folder, string batches, JsonView plan, int repeat = 1)
    {
        JsonView sequences = Json(batches).GetProperty("sequences");
        StringBuilder lines = new();
        for (int round = 0; round < repeat; round++)
        {
            foreach (JsonView step in plan.GetProperty("steps").EnumerateArray())
            {
                foreach (JsonView batch in step.GetProperty("micro_batches").EnumerateArray())
                {
                    foreach (JsonView index in batch.GetProperty("sequences").EnumerateArray())
                    {
                        JsonView row = sequences[index.GetInt32()];
                        lines.Append(
                            CultureInfo.InvariantCulture,
                            $"{{\"input_ids\": {row.GetProperty("input_ids")}, \"labels\": {row.GetProperty("labels")}}}\n"
                        );
                    }
                }
            }
        }

        return folder.Write("rows.jsonl", lines.ToString());
    }

    /// <summary>The settings of the reference.</summary>
    public static TrainSettings Settings(string name) => Settings(Plan(name));

    /// <summary>The settings of a plan.</summary>
    public static TrainSettings Settings(JsonView plan)
    {
        JsonView optimizer = plan.GetProperty("optimizer");
        return new TrainSettings
        {
            LearningRate = optimizer.GetProperty("lr").GetDouble(),
            WarmupSteps = optimizer.GetProperty("warmup_steps").GetInt32(),
            MinLrRatio = optimizer.GetProperty("floor").GetDouble(),
            WeightDecay = optimizer.GetProperty("weight_decay").GetDouble(),
            MaxGradNorm = optimizer.GetProperty("max_grad_norm").GetDouble(),
            MaxSteps = optimizer.GetProperty("total_steps").GetInt32(),
            PerDeviceTrainBatchSize = 2,
            GradientAccumulationSteps = 3,
            Shuffle = false,
            Dtype = TrainingDtype.Float32,
            Device = "cpu",
        };
    }

    public static TrainRequest Request(string name, string rows, string output, TrainSettings settings) =>
        new()
        {
            Model = Model(name),
            TrainFiles = [rows],
            Output = output,
            InitAdapter = Adapter(name),
            Train = settings,
        };

    public static TrainOutcome Run(
        TrainRequest request,
        CancellationToken stop = default,
        Action<int, string>? saved = null
    ) => TrainingRun.Execute(request, new Silence(saved), TimeProvider.System, stop);

    public static IReadOnlyList<JsonView> Metrics(string output) =>
        MetricsLog.ReadLines(Path.Combine(output, "metrics.jsonl"));

    /// <summary>The largest difference between two adapters; fails where their tensors are not the same ones.</summary>
    public static double LargestDifference(string adapter, string expected)
    {
        using SafetensorsFile a = SafetensorsFile.Open(adapter);
        using SafetensorsFile b = SafetensorsFile.Open(expected);
        Assert.Equal(b.Entries.Keys.Order(StringComparer.Ordinal), a.Entries.Keys.Order(StringComparer.Ordinal));
        double largest = 0;
        foreach (string name in b.Entries.Keys)
        {
            ReadOnlySpan<float> left = a.Values<float>(name);
            ReadOnlySpan<float> right = b.Values<float>(name);
            Assert.Equal(right.Length, left.Length);
            for (int i = 0; i < left.Length; i++)
            {
                largest = Math.Max(largest, Math.Abs(left[i] - right[i]));
            }
        }

        return largest;
    }

    private sealed class Silence(Action<int, string>? saved) : ITrainingObserver
    {
        public void Saved(int step, string folder) => saved?.Invoke(step, folder);
    }
}

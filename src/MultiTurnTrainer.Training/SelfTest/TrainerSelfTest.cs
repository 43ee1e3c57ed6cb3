// Folder SelfTest: tries on this machine what must not change a step.
// Refuses to know: consoles, settings files.
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.SelfTest;

/// <summary>
/// What must not change a training step, tried on this machine: how a step is split into micro-batches, packing,
/// recomputation, threads; and that a resumed run and a run with the same seed end in the same bytes.
/// </summary>
public static class TrainerSelfTest
{
    /// <summary>Rounding in single precision, summed in another order.</summary>
    private const double Tolerance = 1e-5;
    private const int Rows = 8;
    private const int Longest = 48;
    private const int Seed = 1;

    /// <summary>Runs all checks; seconds with a small model.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="scratch">A folder for the runs whose bytes are compared.</param>
    /// <param name="time">The clock of the runs' logs.</param>
    public static IEnumerable<SelfTestResult> Run(string model, string scratch, TimeProvider time)
    {
        int threads = Math.Max(2, Environment.ProcessorCount);
        foreach (SelfTestResult result in CheckGradients(model, new LoraSettings(), threads))
        {
            yield return result;
        }

        TrainRequest request = CreateRequest(model, Path.Combine(scratch, "whole"));
        byte[] whole = Train(request, time);
        yield return CompareBytes(
            "same seed",
            whole,
            Train(request with { Output = Path.Combine(scratch, "again") }, time)
        );

        TrainRequest parts = request with { Output = Path.Combine(scratch, "parts") };
        using CancellationTokenSource stop = new();
        TrainingRun.Execute(parts, new StopAfter(3, stop), time, stop.Token);
        yield return CompareBytes("stopped and resumed", whole, Train(parts with { Resume = "auto" }, time));
    }

    /// <summary>The checks of one optimizer step, with an adapter of the given kind.</summary>
    internal static IEnumerable<SelfTestResult> CheckGradients(string folder, LoraSettings lora, int threads)
    {
        int before = torch.get_num_threads();
        torch.set_num_threads(threads);
        using CausalLM model = CausalLM.Load(folder, ScalarType.Float32, torch.CPU);
        using LoraAdapter adapter = LoraAdapter.Create(model, LoraChoice.CreateConfig(lora, folder), Seed);
        AddNoise(adapter.Parameters.Flat);
        IReadOnlyList<TokenRow> rows = SampleRows.Make(Rows, model.Config.VocabularySize, Longest, Seed);
        PackingPlan packs = BestFitDecreasing.Plan([.. rows.Select(row => row.InputIds.Length)], 2 * Longest, Seed);
        (float[] gradient, double loss) = Step(model, adapter, rows, null, 8, Recompute.Off);

        foreach (int batch in new[] { 4, 1 })
        {
            yield return Compare(
                Invariant($"{Rows / batch} micro-batches of {batch}"),
                "1 micro-batch of 8",
                Step(model, adapter, rows, null, batch, Recompute.Off)
            );
        }

        yield return Compare("packed", "unpacked", Step(model, adapter, rows, packs.Packs, 2, Recompute.Off));
        yield return Compare("recompute selective", "off", Step(model, adapter, rows, null, 8, Recompute.Selective));
        yield return Compare("recompute full", "off", Step(model, adapter, rows, null, 8, Recompute.Full));
        torch.set_num_threads(1);
        yield return Compare(
            "1 thread",
            Counted.Of(threads, "thread"),
            Step(model, adapter, rows, null, 8, Recompute.Off)
        );
        torch.set_num_threads(before);

        SelfTestResult Compare(string name, string against, (float[] Gradient, double Loss) other)
        {
            double largest = gradient.Max(Math.Abs);
            double difference = gradient.Zip(other.Gradient, (a, b) => Math.Abs((double)a - b)).Max() / largest;
            double lossDifference = Math.Abs(loss - other.Loss) / loss;
            return new SelfTestResult(
                name,
                largest > 0 && difference <= Tolerance && lossDifference <= Tolerance,
                Math.Max(difference, lossDifference),
                $"loss and gradient against {against}"
            );
        }
    }

    /// <summary>The gradient and loss of one optimizer step over all rows.</summary>
    private static (float[] Gradient, double Loss) Step(
        CausalLM model,
        LoraAdapter adapter,
        IReadOnlyList<TokenRow> rows,
        IReadOnlyList<int[]>? packs,
        int batchSize,
        Recompute recompute
    )
    {
        SftObjective objective = new(model, adapter, rows, packs, new TrainSettings(), recompute);
        SftBatch[] batches =
        [
            .. Enumerable.Range(0, objective.Units).Chunk(batchSize).Select(units => objective.Prepare(units)),
        ];
        double normalizer = batches.Sum(batch => batch.Normalizer);
        using (no_grad())
        {
            adapter.Parameters.Gradient.zero_();
        }

        double loss = batches.Sum(batch => objective.Accumulate(batch, normalizer, seed: 0).LossSum);
        return (adapter.Parameters.Gradient.data<float>().ToArray(), loss / normalizer);
    }

    // A new adapter's B is zero, and so would be A's gradient.
    private static void AddNoise(Tensor flat)
    {
        using IDisposable quiet = no_grad();
        using Tensor noise = arange(flat.numel(), dtype: ScalarType.Float32).mul_(0.7).sin_().mul_(0.02);
        flat.add_(noise);
    }

    private static TrainRequest CreateRequest(string model, string output)
    {
        int vocabulary = ModelConfigReader.ReadFolder(model).VocabularySize;
        TokenRow[] rows =
        [
            .. SampleRows
                .Make(Rows, vocabulary, Longest, Seed)
                .Select(row => new TokenRow(row.Id, row.InputIds, row.Labels)),
        ];
        return new TrainRequest
        {
            Model = model,
            TrainFiles = ["sample rows"],
            ReadRows = _ => rows,
            Output = output,
            Train = new TrainSettings
            {
                MaxSteps = 6,
                PerDeviceTrainBatchSize = 2,
                GradientAccumulationSteps = 2,
                Dtype = TrainingDtype.Float32,
                Device = "cpu",
                SaveSteps = 2,
            },
            Lora = new LoraSettings { R = 4, LoraDropout = 0.1 },
        };
    }

    private static byte[] Train(TrainRequest request, TimeProvider time)
    {
        using CancellationTokenSource never = new();
        TrainingRun.Execute(request, new StopAfter(int.MaxValue, never), time, never.Token);
        return File.ReadAllBytes(Path.Combine(request.Output, "adapter_model.safetensors"));
    }

    private static SelfTestResult CompareBytes(string name, byte[] expected, byte[] actual) =>
        new(name, expected.AsSpan().SequenceEqual(actual), 0, "bytes of the adapter against one uninterrupted run");

    private sealed class StopAfter(int step, CancellationTokenSource stop) : ITrainingObserver
    {
        public void Stepped(StepMetrics metrics)
        {
            if (metrics.Step == step)
            {
                stop.Cancel();
            }
        }
    }
}

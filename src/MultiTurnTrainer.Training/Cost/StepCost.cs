// Folder Cost: what a step takes beside its products of matrices.
// Refuses to know: consoles, runs, checkpoints.
using MultiTurnTrainer.Models.Checks;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Optimization;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Cost;

/// <summary>A step's time beside that of its products alone.</summary>
/// <param name="Type">float32 or bfloat16.</param>
/// <param name="Share">The share of tokens with a label.</param>
/// <param name="Tokens">Of the micro-batch.</param>
/// <param name="Supervised">Rows that reach the head.</param>
/// <param name="StepMs">A whole step: rows, forward, head, backward, norm and update; the median.</param>
/// <param name="OneThreadMs">The same on one thread; null where it was not asked for.</param>
/// <param name="ProductsMs">Its products, same shapes, types and threads; the median.</param>
/// <param name="Kernels">What the kernels between them take, by name; attention with its own products.</param>
public sealed record StepCost(
    string Type,
    double Share,
    long Tokens,
    long Supervised,
    double StepMs,
    double? OneThreadMs,
    double ProductsMs,
    IReadOnlyDictionary<string, double> Kernels
)
{
    /// <summary>How many times its products a step takes.</summary>
    public double Ratio => StepMs / ProductsMs;
}

/// <summary>Measures steps of LoRA training on the processor, with the defaults of <c>mtt train</c>.</summary>
public static class StepCosts
{
    private const int Stretch = 128;
    private const int FewestRepeats = 3;
    private const int MostRepeats = 50;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1.5);

    /// <summary>Shares of supervised tokens that are measured.</summary>
    public static IReadOnlyList<double> Shares { get; } = [1, 0.5, 0.25, 0.1];

    /// <summary>Both types at every share; scaling by threads where everything is supervised.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="rows">Token rows; those that fill a micro-batch are used, their labels laid anew.</param>
    /// <exception cref="MttException">What <c>mtt train</c> would refuse.</exception>
    public static IEnumerable<StepCost> Measure(string model, string rows) => Measure(model, rows, _patience);

    /// <summary>The same within so much time for each figure.</summary>
    internal static IEnumerable<StepCost> Measure(string model, string rows, TimeSpan patience)
    {
        foreach (TrainingDtype type in (TrainingDtype[])[TrainingDtype.Float32, TrainingDtype.Bfloat16])
        {
            TrainSettings settings = new()
            {
                Dtype = type,
                Device = "cpu",
                Recompute = Recompute.Off,
            };
            TrainRequest request = new()
            {
                Model = model,
                TrainFiles = [rows],
                Output = "",
                Train = settings,
            };
            RunPlace place = RunPlace.Choose(settings, Ranks.Alone);
            using CausalLM loaded = CausalLM.Load(model, place.Type, place.Device);
            TrainingData data = TrainingData.Load(request, loaded.Config.VocabularySize, CancellationToken.None);
            using Adapter adapter = TrainedWeights.Create(loaded, request);
            foreach (double share in Shares)
            {
                yield return Measure(
                    loaded,
                    adapter,
                    [.. data.Rows.Take(settings.PerDeviceTrainBatchSize).Select(row => Label(row, share))],
                    settings,
                    place.TypeText,
                    share,
                    patience
                );
            }
        }
    }

    private static StepCost Measure(
        CausalLM model,
        Adapter adapter,
        TokenRow[] rows,
        TrainSettings settings,
        string type,
        double share,
        TimeSpan patience
    )
    {
        using AdamW optimizer = new(adapter.Parameters, settings);
        SftObjective objective = new(model, adapter, rows, null, settings, Recompute.Off);
        MicroBatch batch = MicroBatch.Pack(rows, [.. Enumerable.Range(0, rows.Length)]);
        using StepProducts products = new(model, adapter, batch.Layout, batch.Targets.Length);
        double step = TakeMedian(Step, patience);
        double alone = TakeMedian(Multiply, patience);
        double? oneThread = null;
        int threads = torch.get_num_threads();
        if (share == 1 && threads > 1)
        {
            torch.set_num_threads(1);
            oneThread = TakeMedian(Step, patience);
            torch.set_num_threads(threads);
        }

        return new StepCost(
            type,
            share,
            batch.InputIds.Length,
            batch.Targets.Length,
            step,
            oneThread,
            alone,
            StepKernels.Time(model, batch.Layout, batch.Targets.Length)
        );

        void Multiply()
        {
            using TorchThreads.Limit limit = BlockwisePass.LimitThreads(model.Config, batch);
            products.Run();
        }

        void Step()
        {
            SftBatch prepared = objective.Prepare([.. Enumerable.Range(0, rows.Length)]);
            using (no_grad())
            {
                adapter.Parameters.Gradient.zero_();
            }

            objective.Accumulate(prepared, Math.Max(1, prepared.Normalizer), seed: 0);
            optimizer.Step(1, learningRate: 0, optimizer.GradientNorm());
        }
    }

    // The end of every stretch is an answer, as in a conversation.
    private static TokenRow Label(TokenRow row, double share)
    {
        int[] labels = new int[row.InputIds.Length];
        int last = labels.Length - 1;
        for (int i = 0; i < labels.Length; i++)
        {
            int begin = i / Stretch * Stretch;
            int end = Math.Min(last, begin + Stretch - 1);
            bool answer = i > end - (share * (end - begin + 1));
            labels[i] = answer ? row.InputIds[i] : TokenRow.Unsupervised;
        }

        return row with
        {
            Labels = labels,
            LossWeights = null,
            Spans = null,
        };
    }

    private static double TakeMedian(Action body, TimeSpan patience)
    {
        Stopwatch all = Stopwatch.StartNew();
        do
        {
            body();
        } while (all.Elapsed < patience / 3);

        List<double> times = [];
        all.Restart();
        while (times.Count < FewestRepeats || (all.Elapsed < patience && times.Count < MostRepeats))
        {
            long begin = Stopwatch.GetTimestamp();
            body();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }
}

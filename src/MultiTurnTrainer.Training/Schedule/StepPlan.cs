// Folder Schedule: which data and which learning rate a step has, from its number alone.
// Refuses to know: rows, models, gradients.
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Schedule;

/// <summary>
/// Which units (rows, or packs of rows) each optimizer step sees. The plan is a pure function of the step's number,
/// so resuming needs no stored position: a step never reaches over the end of an epoch, and each epoch's order comes
/// from the seed and the epoch's number alone.
/// </summary>
/// <param name="Units">Rows or packs in the data.</param>
/// <param name="BatchSize">Units per micro-batch.</param>
/// <param name="Accumulation">Micro-batches per step.</param>
/// <param name="TotalSteps">Optimizer steps in all.</param>
/// <param name="Seed">Decides the order.</param>
/// <param name="Shuffle">Whether the order changes at all.</param>
internal sealed record StepPlan(int Units, int BatchSize, int Accumulation, int TotalSteps, int Seed, bool Shuffle)
{
    private int _cachedEpoch = -1;
    private int[] _cachedOrder = [];

    /// <summary>Optimizer steps per pass over the data; the last one of a pass may be smaller.</summary>
    public int StepsPerEpoch => (int)Math.Ceiling(Units / ((double)BatchSize * Accumulation));

    /// <summary>The plan that settings ask for.</summary>
    public static StepPlan Create(TrainSettings settings, int units)
    {
        StepPlan plan = new(
            units,
            settings.PerDeviceTrainBatchSize,
            settings.GradientAccumulationSteps,
            0,
            settings.Seed,
            settings.Shuffle
        );
        int total = settings.MaxSteps is > 0 and int steps
            ? steps
            : (int)Math.Ceiling(settings.NumTrainEpochs * plan.StepsPerEpoch);
        return total > 0
            ? plan with
            {
                TotalSteps = total,
            }
            : throw new MttException(
                "there is no step to train: max_steps and num_train_epochs are 0",
                "Set train.max_steps or train.num_train_epochs above 0."
            );
    }

    /// <summary>The epoch of a step, both counted from 0 and 1: step 1 is in epoch 0.</summary>
    public int EpochOf(int step) => (step - 1) / StepsPerEpoch;

    /// <summary>The micro-batches of a step (from 1), each a list of unit numbers.</summary>
    /// <param name="step">The step.</param>
    /// <param name="parts">How many there are to be at least, where that many units are there: they are smaller then.</param>
    public IReadOnlyList<int[]> GetMicroBatches(int step, int parts = 1)
    {
        int[] order = GetOrder(EpochOf(step));
        int begin = (step - 1) % StepsPerEpoch * BatchSize * Accumulation;
        int end = Math.Min(Units, begin + (BatchSize * Accumulation));
        return [.. order[begin..end].Chunk(Math.Min(BatchSize, Math.Max(1, (end - begin) / parts)))];
    }

    private int[] GetOrder(int epoch)
    {
        if (epoch != _cachedEpoch)
        {
            int[] order = [.. Enumerable.Range(0, Units)];
            if (Shuffle)
            {
                new SeededRandom(Seed, epoch).Shuffle<int>(order);
            }

            (_cachedOrder, _cachedEpoch) = (order, epoch);
        }

        return _cachedOrder;
    }
}

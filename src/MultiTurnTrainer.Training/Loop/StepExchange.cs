using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Processes;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// What the processes of a run tell each other of a step: the results of their micro-batches, and whether one of them was asked to stop.
/// Each then has the same results in the same order, and takes the same decisions.
/// </summary>
internal static class StepExchange
{
    /// <summary>The step as a whole; null where one of the processes stopped in it.</summary>
    /// <param name="ranks">The processes.</param>
    /// <param name="normalizer">Of the whole step.</param>
    /// <param name="own">This process' micro-batches by their numbers.</param>
    /// <param name="stopped">Whether this process was asked to stop before it had done them all.</param>
    public static StepWork? Merge(
        Ranks ranks,
        double normalizer,
        IReadOnlyList<(int Number, IMicroBatch Batch, MicroResult Result)> own,
        bool stopped
    )
    {
        if (ranks.World == 1)
        {
            return stopped ? null : new StepWork(normalizer, [.. own.Select(part => (part.Batch, part.Result))]);
        }

        byte[][] all = ranks.Gather(Write(own, stopped));
        if (Array.Exists(all, one => one[0] != 0))
        {
            return null;
        }

        return new StepWork(
            normalizer,
            [.. all.SelectMany(Read).OrderBy(part => part.Number).Select(part => (part.Batch, part.Result))]
        );
    }

    private static byte[] Write(IReadOnlyList<(int, IMicroBatch, MicroResult)> parts, bool stopped)
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(stopped);
        writer.Write(parts.Count);
        foreach ((int number, IMicroBatch batch, MicroResult result) in parts)
        {
            writer.Write(number);
            writer.Write(batch.Tokens);
            writer.Write(batch.SupervisedTokens);
            writer.Write(batch.Flops);
            writer.Write(batch.Branch);
            writer.Write(batch.RowIds.Count);
            foreach (string id in batch.RowIds)
            {
                writer.Write(id);
            }

            writer.Write(result.LossSum);
            writer.Write(result.Hits);
            writer.Write(result.HeadSeconds);
            writer.Write(result.Rollout.Tokens);
            writer.Write(result.Rollout.Seconds);
            writer.Write(result.Preferences is not null);
            result.Preferences?.Write(writer);
            writer.Write(result.Distillation is not null);
            result.Distillation?.Write(writer);
        }

        return bytes.ToArray();
    }

    private static List<(int Number, IMicroBatch Batch, MicroResult Result)> Read(byte[] bytes)
    {
        using BinaryReader reader = new(new MemoryStream(bytes));
        _ = reader.ReadBoolean();
        List<(int, IMicroBatch, MicroResult)> parts = new(reader.ReadInt32());
        for (int left = parts.Capacity; left > 0; left--)
        {
            int number = reader.ReadInt32();
            TrainedBatch batch = new(
                reader.ReadInt64(),
                reader.ReadInt32(),
                reader.ReadDouble(),
                reader.ReadString(),
                [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadString())]
            );
            MicroResult result = new(
                reader.ReadDouble(),
                reader.ReadInt64(),
                reader.ReadDouble(),
                new RolloutEffort(reader.ReadInt64(), reader.ReadDouble())
            )
            {
                Preferences = reader.ReadBoolean() ? PreferenceTally.Read(reader) : null,
                Distillation = reader.ReadBoolean() ? DistillationTally.Read(reader) : null,
            };
            parts.Add((number, batch, result));
        }

        return parts;
    }

    /// <summary>A micro-batch that some process was trained on; its part of the normaliser is in the step's already.</summary>
    private sealed record TrainedBatch(
        long Tokens,
        int SupervisedTokens,
        double Flops,
        string Branch,
        IReadOnlyList<string> RowIds
    ) : IMicroBatch
    {
        public double Normalizer => 0;
    }
}

using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Turns a failed allocation into advice.</summary>
internal static class MemoryAdvice
{
    /// <summary>What to change, the cheapest remedy first.</summary>
    public static MttException Explain(TrainSettings settings, Exception problem)
    {
        List<string> advice = [];
        if (settings.PerDeviceTrainBatchSize > 1)
        {
            advice.Add(
                $"halve train.per_device_train_batch_size (now {settings.PerDeviceTrainBatchSize}) and double train.gradient_accumulation_steps: same result"
            );
        }

        if (settings.Recompute != Recompute.Full)
        {
            advice.Add("set train.recompute=full");
        }

        if (settings.Dtype != TrainingDtype.Bfloat16)
        {
            advice.Add("use --dtype bfloat16");
        }

        if (settings.Quantization == Quantization.None && settings.FinetuningType == FinetuningType.Lora)
        {
            advice.Add("use --quantization nf4");
        }

        advice.Add("make shorter rows (mtt mask --max-length)");
        return new MttException(
            $"memory ran out: {problem.Message.Split('\n')[0]}",
            $"{string.Join("; ", advice)}. mtt estimate tells beforehand; what was saved is whole, --resume goes on.",
            problem
        );
    }
}

using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Checks;

/// <summary>What the kernels between a step's products take, one by one at the step's sizes.</summary>
public static class StepKernels
{
    private const int Repeats = 5;

    /// <summary>Milliseconds a step by kernel, forward and backward; attention with its own products.</summary>
    /// <param name="model">The base.</param>
    /// <param name="layout">The sequences of a micro-batch.</param>
    /// <param name="supervised">Rows that reach the head.</param>
    public static IReadOnlyDictionary<string, double> Time(CausalLM model, SequenceLayout layout, long supervised)
    {
        ModelConfig config = model.Config;
        KernelSizes sizes = new(
            layout.Tokens,
            config.HiddenSize,
            config.IntermediateSize,
            config.Heads,
            config.HeadDimension,
            layout.Starts.Count - 1,
            Rows: (int)supervised,
            Vocabulary: config.VocabularySize
        );
        KernelCases cases = new(model.Device, model.Type, sizes);
        Dictionary<string, double> times = new(StringComparer.Ordinal);
        foreach (
            KernelCase each in cases
                .All()
                .Where(each => !each.Kernel.Contains("lora", StringComparison.OrdinalIgnoreCase))
        )
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor[] inputs = each.Inputs();
            double once = Timing.Median(
                model.Device,
                Repeats,
                () =>
                {
                    using DisposeScope inner = NewDisposeScope();
                    each.Fast(inputs);
                }
            );
            string name = each.Kernel.Split(',')[0];
            times[name] = once * CountUses(name, config);
        }

        return times;
    }

    private static double CountUses(string kernel, ModelConfig config) =>
        kernel switch
        {
            "rms norm" => (2 * config.Layers) + 1,
            // The keys have fewer heads than the queries.
            "rotary" => config.Layers * (1 + ((double)config.KeyValueHeads / config.Heads)),
            "cross-entropy rows" => 1,
            _ => config.Layers,
        };
}

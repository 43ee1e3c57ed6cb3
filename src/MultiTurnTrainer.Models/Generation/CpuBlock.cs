using System.Numerics.Tensors;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>The modules of one layer, for small batches on the processor.</summary>
internal sealed class CpuBlock
{
    public CpuBlock(CausalLM model, Adapter? adapter, int layer, int rows)
    {
        ModelConfig config = model.Config;
        string prefix = $"model.layers.{layer}.";
        string attention = prefix + "self_attn.";
        string mlp = prefix + "mlp.";
        CpuLinear Linear(string path) => new(model, adapter, path, rows);
        CpuNorm Norm(string path) => new(model, adapter, path);

        Window = config.Windows[layer];
        InputNorm = Norm(prefix + "input_layernorm");
        PostAttentionNorm = Norm(prefix + "post_attention_layernorm");
        PreMlpNorm = config.SandwichNorms ? Norm(prefix + "pre_feedforward_layernorm") : null;
        PostMlpNorm = config.SandwichNorms ? Norm(prefix + "post_feedforward_layernorm") : null;
        QueryNorm = config.QueryKeyNorm ? Norm(attention + "q_norm") : null;
        KeyNorm = config.QueryKeyNorm ? Norm(attention + "k_norm") : null;
        Qkv = config.FusedProjections
            ? [Linear(attention + "qkv_proj")]
            : [Linear(attention + "q_proj"), Linear(attention + "k_proj"), Linear(attention + "v_proj")];
        Output = Linear(attention + "o_proj");
        GateUp = config.FusedProjections
            ? [Linear(mlp + "gate_up_proj")]
            : [Linear(mlp + "gate_proj"), Linear(mlp + "up_proj")];
        Down = Linear(mlp + "down_proj");
    }

    public int? Window { get; }

    public CpuNorm InputNorm { get; }

    public CpuNorm PostAttentionNorm { get; }

    public CpuNorm? PreMlpNorm { get; }

    public CpuNorm? PostMlpNorm { get; }

    public CpuNorm? QueryNorm { get; }

    public CpuNorm? KeyNorm { get; }

    public CpuLinear[] Qkv { get; }

    public CpuLinear Output { get; }

    public CpuLinear[] GateUp { get; }

    public CpuLinear Down { get; }
}

/// <summary>A root mean square norm over rows on the processor.</summary>
internal sealed class CpuNorm
{
    private readonly float[] _weight;
    private readonly float _epsilon;

    public CpuNorm(CausalLM model, Adapter? adapter, string path)
    {
        ModuleSpec module = model.Layout[path];
        _weight = Tensors.ToArray(adapter?.Weight(module.Slot) ?? model.Weight(module));
        _epsilon = (float)model.Config.NormEpsilon;
        if (model.Config.NormAddsOne)
        {
            TensorPrimitives.Add(_weight, 1, _weight);
        }
    }

    /// <summary>Normalises rows of the norm's width; input and output may be the same.</summary>
    public unsafe void Run(float* input, float* output, int rows)
    {
        int width = _weight.Length;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> source = new(input + ((long)row * width), width);
            Span<float> target = new(output + ((long)row * width), width);
            float mean = TensorPrimitives.SumOfSquares(source) / width;
            TensorPrimitives.Multiply(source, 1 / MathF.Sqrt(mean + _epsilon), target);
            TensorPrimitives.Multiply(target, _weight, target);
        }
    }
}

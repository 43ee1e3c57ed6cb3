using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The modules of one layer, whatever runs them: operators on tensors, or rows of floats in decoding.</summary>
/// <typeparam name="TLinear">A linear module.</typeparam>
/// <typeparam name="TNorm">A norm.</typeparam>
internal sealed class BlockModules<TLinear, TNorm>
    where TNorm : class
{
    public BlockModules(ModelConfig config, int layer, Func<string, TLinear> linear, Func<string, TNorm> norm)
    {
        string block = $"model.layers.{layer}.";
        string attention = block + "self_attn.";
        string mlp = block + "mlp.";
        InputNorm = norm(block + "input_layernorm");
        PostAttentionNorm = norm(block + "post_attention_layernorm");
        PreMlpNorm = config.SandwichNorms ? norm(block + "pre_feedforward_layernorm") : null;
        PostMlpNorm = config.SandwichNorms ? norm(block + "post_feedforward_layernorm") : null;
        QueryNorm = config.QueryKeyNorm ? norm(attention + "q_norm") : null;
        KeyNorm = config.QueryKeyNorm ? norm(attention + "k_norm") : null;
        Qkv = config.FusedProjections
            ? [linear(attention + "qkv_proj")]
            : [linear(attention + "q_proj"), linear(attention + "k_proj"), linear(attention + "v_proj")];
        Output = linear(attention + "o_proj");
        GateUp = config.FusedProjections
            ? [linear(mlp + "gate_up_proj")]
            : [linear(mlp + "gate_proj"), linear(mlp + "up_proj")];
        Down = linear(mlp + "down_proj");
    }

    public TNorm InputNorm { get; }

    public TNorm PostAttentionNorm { get; }

    public TNorm? PreMlpNorm { get; }

    public TNorm? PostMlpNorm { get; }

    public TNorm? QueryNorm { get; }

    public TNorm? KeyNorm { get; }

    /// <summary>Query, key and value; one where the family fuses them.</summary>
    public TLinear[] Qkv { get; }

    public TLinear Output { get; }

    /// <summary>Gate and up; one where the family fuses them.</summary>
    public TLinear[] GateUp { get; }

    public TLinear Down { get; }
}

using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.SwiGlu;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// One layer: attention and feed-forward network, each on a normed residual stream. A pure function of hidden state
/// and context, so it can run without autograd and be run again with it.
/// </summary>
internal sealed class DecoderBlock
{
    private readonly ModelConfig _config;
    private readonly AttentionSpec _attention;
    private readonly RmsNorm _inputNorm;
    private readonly RmsNorm _postAttentionNorm;
    private readonly RmsNorm? _preMlpNorm;
    private readonly RmsNorm? _postMlpNorm;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;
    private readonly Projection[] _qkv;
    private readonly Projection _output;
    private readonly Projection[] _gateUp;
    private readonly Projection _down;

    public DecoderBlock(ModelConfig config, int layer, ModuleBuilder build)
    {
        _config = config;
        _attention = new AttentionSpec(layer, config.AttentionScale, config.Windows[layer], config.AttentionSoftcap);
        string prefix = $"model.layers.{layer}.";
        string attention = prefix + "self_attn.";
        string mlp = prefix + "mlp.";
        _inputNorm = build.Norm(prefix + "input_layernorm");
        _postAttentionNorm = build.Norm(prefix + "post_attention_layernorm");
        _preMlpNorm = config.SandwichNorms ? build.Norm(prefix + "pre_feedforward_layernorm") : null;
        _postMlpNorm = config.SandwichNorms ? build.Norm(prefix + "post_feedforward_layernorm") : null;
        _queryNorm = config.QueryKeyNorm ? build.Norm(attention + "q_norm") : null;
        _keyNorm = config.QueryKeyNorm ? build.Norm(attention + "k_norm") : null;
        _qkv = config.FusedProjections
            ? [build.Projection(attention + "qkv_proj")]
            :
            [
                build.Projection(attention + "q_proj"),
                build.Projection(attention + "k_proj"),
                build.Projection(attention + "v_proj"),
            ];
        _output = build.Projection(attention + "o_proj");
        _gateUp = config.FusedProjections
            ? [build.Projection(mlp + "gate_up_proj")]
            : [build.Projection(mlp + "gate_proj"), build.Projection(mlp + "up_proj")];
        _down = build.Projection(mlp + "down_proj");
    }

    /// <summary>[tokens, hidden] to the same shape, or to [rows, hidden]: after the attention no token needs another.</summary>
    public Tensor Forward(Tensor hidden, ForwardContext context, Tensor? rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor attended = Attend(_inputNorm.Forward(hidden, context.Adapter), context, rows);
        hidden = rows is null ? hidden : hidden.index_select(0, rows);
        if (_preMlpNorm is null || _postMlpNorm is null)
        {
            Tensor middle = hidden + attended;
            Tensor fed = FeedForward(_postAttentionNorm.Forward(middle, context.Adapter), context);
            return (middle + fed).MoveToOuterDisposeScope();
        }

        Tensor between = hidden + _postAttentionNorm.Forward(attended, context.Adapter);
        Tensor output = FeedForward(_preMlpNorm.Forward(between, context.Adapter), context);
        return (between + _postMlpNorm.Forward(output, context.Adapter)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor input, ForwardContext context, Tensor? rows)
    {
        long tokens = input.shape[0];
        int width = _config.HeadDimension;
        Tensor[] parts = Split(_qkv, input, context, _config.QueryWidth, _config.KeyValueWidth, _config.KeyValueWidth);
        Tensor query = parts[0].view(tokens, _config.Heads, width);
        Tensor key = parts[1].view(tokens, _config.KeyValueHeads, width);
        Tensor value = parts[2].view(tokens, _config.KeyValueHeads, width);
        query = _queryNorm?.Forward(query, context.Adapter) ?? query;
        key = _keyNorm?.Forward(key, context.Adapter) ?? key;
        Tensor attended = context.Attend(_attention, query, key, value);
        return _output.Forward(rows is null ? attended : attended.index_select(0, rows), context);
    }

    private Tensor FeedForward(Tensor input, ForwardContext context)
    {
        Tensor[] parts = Split(_gateUp, input, context, _config.IntermediateSize, _config.IntermediateSize);
        Tensor product = _config.Activation switch
        {
            Activation.Silu => SwiGluKernel.Apply(parts[0], parts[1]),
            Activation.Gelu => functional.gelu(parts[0]) * parts[1],
            _ => GeluTanh(parts[0]) * parts[1],
        };
        return _down.Forward(product, context);
    }

    /// <summary>The outputs of several projections, or the slices of the one that fuses them.</summary>
    private static Tensor[] Split(Projection[] projections, Tensor input, ForwardContext context, params int[] widths)
    {
        if (projections.Length == widths.Length)
        {
            return Projection.ForwardAll(projections, input, context);
        }

        Tensor fused = projections[0].Forward(input, context);
        int start = 0;
        Tensor[] parts = new Tensor[widths.Length];
        for (int i = 0; i < widths.Length; start += widths[i++])
        {
            parts[i] = fused.narrow(-1, start, widths[i]).contiguous();
        }

        return parts;
    }

    private static Tensor GeluTanh(Tensor x)
    {
        // Hendrycks and Gimpel (arXiv 1606.08415), the tanh approximation.
        Tensor inner = (x + (x * x * x * 0.044715)) * Math.Sqrt(2 / Math.PI);
        return x * 0.5 * (inner.tanh() + 1);
    }
}

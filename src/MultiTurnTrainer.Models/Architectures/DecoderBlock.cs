// Shapes: s tokens of the pack, n rows asked for (all s where none are), e hidden width, h query heads, k key heads, d width of a head.
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.SwiGlu;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// One layer: attention and feed-forward network, each on a normed residual stream. A pure function of hidden state
/// and context, so it can run without autograd and be run again with it.
/// </summary>
internal sealed class DecoderBlock(ModelConfig config, int layer, ModuleBuilder build)
{
    private readonly AttentionSpec _attention = new(
        layer,
        config.AttentionScale,
        config.Windows[layer],
        config.AttentionSoftcap
    );
    private readonly BlockModules<Projection, RmsNorm> _modules = new(config, layer, build.Projection, build.Norm);

    /// <summary>[tokens, hidden] to the same shape, or to [rows, hidden]: after the attention no token needs another.</summary>
    public Tensor Forward(Tensor hidden, ForwardContext context, Tensor? rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor attended = Attend(_modules.InputNorm.Forward(hidden, context.Adapter), context, rows);
        hidden = rows is null ? hidden : hidden.index_select(0, rows); // [s, e] -> [n, e]
        if (_modules is not { PreMlpNorm: { } preNorm, PostMlpNorm: { } postNorm })
        {
            Tensor middle = hidden + attended;
            Tensor fed = FeedForward(_modules.PostAttentionNorm.Forward(middle, context.Adapter), context);
            return (middle + fed).MoveToOuterDisposeScope();
        }

        Tensor between = hidden + _modules.PostAttentionNorm.Forward(attended, context.Adapter);
        Tensor output = FeedForward(preNorm.Forward(between, context.Adapter), context);
        return (between + postNorm.Forward(output, context.Adapter)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor input, ForwardContext context, Tensor? rows)
    {
        long tokens = input.shape[0];
        int width = config.HeadDimension;
        Tensor[] parts = Split(
            _modules.Qkv,
            input,
            context,
            config.QueryWidth,
            config.KeyValueWidth,
            config.KeyValueWidth
        );
        Tensor query = parts[0].view(tokens, config.Heads, width); // [s, h d] -> [s, h, d]
        Tensor key = parts[1].view(tokens, config.KeyValueHeads, width); // [s, k d] -> [s, k, d]
        Tensor value = parts[2].view(tokens, config.KeyValueHeads, width); // [s, k d] -> [s, k, d]
        query = _modules.QueryNorm?.Forward(query, context.Adapter) ?? query;
        key = _modules.KeyNorm?.Forward(key, context.Adapter) ?? key;
        Tensor attended = context.Attend(_attention, query, key, value); // [s, h d]
        return _modules.Output.Forward(rows is null ? attended : attended.index_select(0, rows), context); // [n, h d] -> [n, e]
    }

    private Tensor FeedForward(Tensor input, ForwardContext context)
    {
        Tensor[] parts = Split(_modules.GateUp, input, context, config.IntermediateSize, config.IntermediateSize);
        Tensor product = config.Activation switch
        {
            Activation.Silu => SwiGluKernel.Apply(parts[0], parts[1]),
            Activation.Gelu => functional.gelu(parts[0]) * parts[1],
            _ => GeluTanh(parts[0]) * parts[1],
        };
        return _modules.Down.Forward(product, context);
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
            parts[i] = fused.narrow(-1, start, widths[i]).contiguous(); // [s, sum of widths] -> [s, width]
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

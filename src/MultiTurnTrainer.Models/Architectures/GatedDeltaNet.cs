// Shapes: s tokens of the pack, n rows asked for (all s where none are), k key heads, h value heads, m = h / k, a width of a key head, v of a value head,
// c channels of the convolution.
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.DeltaNet;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A gated DeltaNet (arXiv 2412.06464): a short convolution, then a state that every token decays and corrects.</summary>
internal sealed class GatedDeltaNet : IMixer
{
    private readonly ModelConfig _config;
    private readonly DeltaNetConfig _delta;
    private readonly int _layer;
    private readonly Projection[] _inputs;
    private readonly Func<ForwardContext, Tensor> _kernel;
    private readonly Func<ForwardContext, Tensor> _decay;
    private readonly Func<ForwardContext, Tensor> _step;
    private readonly RmsNorm _norm;
    private readonly Projection _output;

    public GatedDeltaNet(ModelConfig config, int layer, ModuleBuilder build)
    {
        _config = config;
        _delta = config.DeltaNet!;
        _layer = layer;
        string path = ModuleLayout.LayerPath(config, layer) + ".linear_attn.";
        string[] names = _delta.FusedByKeyHead
            ? ["in_proj_qkvz", "in_proj_ba"]
            : ["in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a"];
        _inputs = [.. names.Select(name => build.Projection(path + name))];
        _kernel = build.Parameter(path + "conv1d.weight");
        _decay = build.Parameter(path + "A_log");
        _step = build.Parameter(path + "dt_bias");
        _norm = build.Norm(path + "norm", addsOne: false);
        _output = build.Projection(path + "out_proj");
    }

    public Tensor Forward(Tensor input, ForwardContext context, Tensor? rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parts = Projection.ForwardAll(_inputs, input, context);
        (Tensor mixed, Tensor z, Tensor b, Tensor a) = _delta.FusedByKeyHead
            ? Unfuse(parts[0], parts[1])
            : (parts[0], parts[1], parts[2], parts[3]);
        Tensor rate = _decay(context).to(ScalarType.Float32).exp().neg();
        Tensor step = a.to(ScalarType.Float32) + _step(context).to(ScalarType.Float32); // [s, h]
        Tensor decay = rate * Softplus(step); // [s, h]
        DeltaInputs inputs = new(_delta, mixed, decay, b.sigmoid().to(ScalarType.Float32), _kernel(context));
        Tensor result = context.Recur(_layer, inputs).to(input.dtype); // [s, h, v]
        z = z.view(-1, _delta.ValueHeads, _delta.ValueWidth); // [s, h v] -> [s, h, v]
        if (rows is not null)
        {
            result = result.index_select(0, rows); // [s, h, v] -> [n, h, v]
            z = z.index_select(0, rows); // [s, h, v] -> [n, h, v]
        }

        Tensor normed = _norm.Forward(result, context.Adapter).to(ScalarType.Float32);
        Tensor gated = (normed * functional.silu(z.to(ScalarType.Float32))).to(input.dtype); // [n, h, v]
        return _output.Forward(gated.view(-1, _delta.Values), context).MoveToOuterDisposeScope(); // [n, h v] -> [n, e]
    }

    // ln(1 + eˣ), without overflow.
    private static Tensor Softplus(Tensor x) => x.logaddexp(zeros_like(x));

    // Qwen3-Next lays q, k, v and z of one key head side by side, and so b and a.
    private (Tensor Mixed, Tensor Z, Tensor B, Tensor A) Unfuse(Tensor qkvz, Tensor ba)
    {
        long tokens = qkvz.shape[0];
        int shared = _delta.ValueHeads / _delta.KeyHeads;
        (int key, int value) = (_delta.KeyWidth, shared * _delta.ValueWidth);
        Tensor byHead = qkvz.view(tokens, _delta.KeyHeads, (2 * key) + (2 * value)); // [s, k, 2a + 2mv]
        Tensor gates = ba.view(tokens, _delta.KeyHeads, 2 * shared); // [s, k, 2m]
        Tensor Part(Tensor heads, int start, int width) => heads.narrow(-1, start, width).reshape(tokens, -1); // [s, k, …] -> [s, k w]
        Tensor mixed = cat([Part(byHead, 0, key), Part(byHead, key, key), Part(byHead, 2 * key, value)], -1); // [s, c]
        return (mixed, Part(byHead, (2 * key) + value, value), Part(gates, 0, shared), Part(gates, shared, shared));
    }
}

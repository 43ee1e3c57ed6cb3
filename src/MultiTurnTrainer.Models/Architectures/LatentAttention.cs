// Shapes: s tokens of the pack, n rows asked for (all s where none are), h heads, c width of the latent state, r rotating entries, p plain ones,
// q = r + p, v width of a value head, d the wider of q and v.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// Multi-head latent attention in its expanded form: keys and values come out of a narrow state, the entries that rotate stand first in
/// every head, and the narrower of keys and values is filled up with zeros, which change no score and no result.
/// </summary>
internal sealed class LatentAttention : IMixer
{
    private readonly ModelConfig _config;
    private readonly LatentAttentionConfig _latent;
    private readonly AttentionSpec _spec;
    private readonly Projection[] _queries;
    private readonly RmsNorm? _queryNorm;
    private readonly Projection _states;
    private readonly RmsNorm _stateNorm;
    private readonly Projection _expand;
    private readonly Projection _output;

    public LatentAttention(ModelConfig config, int layer, ModuleBuilder build)
    {
        _config = config;
        _latent = config.Latent!;
        _spec = AttentionSpec.Of(config, layer);
        string path = ModuleLayout.LayerPath(config, layer) + ".self_attn.";
        bool narrow = _latent.QueryRank is not null;
        _queries = narrow
            ? [build.Projection(path + "q_a_proj"), build.Projection(path + "q_b_proj")]
            : [build.Projection(path + "q_proj")];
        _queryNorm = narrow ? build.Norm(path + "q_a_layernorm") : null;
        _states = build.Projection(path + "kv_a_proj_with_mqa");
        _stateNorm = build.Norm(path + "kv_a_layernorm");
        _expand = build.Projection(path + "kv_b_proj");
        _output = build.Projection(path + "o_proj");
    }

    public Tensor Forward(Tensor input, ForwardContext context, Tensor? rows)
    {
        using DisposeScope scope = NewDisposeScope();
        long tokens = input.shape[0];
        (int plain, int turning, int heads) = (_latent.PlainWidth, _latent.RotatingWidth, _config.Heads);
        Tensor states = _states.Forward(input, context); // [s, e] -> [s, c + r]
        Tensor latent = _stateNorm.Forward(states.narrow(-1, 0, _latent.KeyValueRank).contiguous(), context.Adapter); // [s, c]
        Tensor shared = states.narrow(-1, _latent.KeyValueRank, turning).unsqueeze(1); // [s, 1, r]
        Tensor both = _expand.Forward(latent, context).view(tokens, heads, plain + _latent.ValueWidth); // [s, c] -> [s, h, p + v]
        Tensor key = cat([.. Enumerable.Repeat(shared, heads)], 1); // [s, 1, r] -> [s, h, r]
        key = Fill(cat([key, both.narrow(-1, 0, plain)], -1)); // [s, h, r] [s, h, p] -> [s, h, d]
        Tensor value = Fill(both.narrow(-1, plain, _latent.ValueWidth)); // [s, h, v] -> [s, h, d]
        Tensor query = Queries(input, context).view(tokens, heads, plain + turning); // [s, h q] -> [s, h, p + r]
        query = Fill(cat([query.narrow(-1, plain, turning), query.narrow(-1, 0, plain)], -1)); // [s, h, d]
        Tensor attended = context.Attend(_spec, query, key, value, null); // [s, h d]
        attended = rows is null ? attended : attended.index_select(0, rows); // [s, h d] -> [n, h d]
        attended = attended
            .view(-1, heads, _config.HeadDimension) // [n, h d] -> [n, h, d]
            .narrow(-1, 0, _latent.ValueWidth)
            .reshape(-1, heads * _latent.ValueWidth); // [n, h, v] -> [n, h v]
        return _output.Forward(attended, context).MoveToOuterDisposeScope();
    }

    private Tensor Queries(Tensor input, ForwardContext context)
    {
        Tensor first = _queries[0].Forward(input, context);
        return _queryNorm is null ? first : _queries[1].Forward(_queryNorm.Forward(first, context.Adapter), context);
    }

    private Tensor Fill(Tensor heads)
    {
        long missing = _config.HeadDimension - heads.size(-1);
        return missing == 0
            ? heads.contiguous()
            : cat([heads, zeros([heads.size(0), heads.size(1), missing], heads.dtype, heads.device)], -1); // [s, h, d]
    }
}

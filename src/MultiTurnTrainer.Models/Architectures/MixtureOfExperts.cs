// Shapes: s tokens, e hidden width, x experts, k chosen ones, n tokens of an expert, w width of an expert's middle.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The chosen experts of every token, weighed and added up; with an expert that all tokens pass, where the family has one.</summary>
internal sealed class MixtureOfExperts : IFeedForward
{
    private readonly ModelConfig _config;
    private readonly ExpertConfig _experts;
    private readonly Router _router;
    private readonly ExpertMatrices _gateUp;
    private readonly ExpertMatrices _down;
    private readonly GatedMlp? _shared;
    private readonly Projection? _sharedGate;

    public MixtureOfExperts(ModelConfig config, int layer, ModuleBuilder build)
    {
        _config = config;
        _experts = config.Experts!;
        string block = ModuleLayout.LayerPath(config, layer) + ".";
        _router = new Router(config, layer, build);
        _gateUp = build.Experts($"{block}{_experts.Path}.gate_up_proj");
        _down = build.Experts($"{block}{_experts.Path}.down_proj");
        bool shares = _experts.SharedWidth > 0;
        _shared = shares ? new GatedMlp(config, MlpPaths.Below(_experts.SharedPath), layer, build) : null;
        _sharedGate = shares && _experts.GatesShared ? build.Projection($"{block}{_experts.SharedPath}_gate") : null;
    }

    public Tensor Forward(Tensor residual, Tensor normed, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor result = Run(normed, normed, context);
        if (_shared is not null)
        {
            Tensor shared = _shared.Forward(residual, normed, context);
            result += _sharedGate is null ? shared : _sharedGate.Forward(normed, context).sigmoid() * shared; // [s, 1] [s, e] -> [s, e]
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>The experts alone, which may read something else than their router, [s, e] each.</summary>
    public Tensor Run(Tensor routed, Tensor input, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor weights, Tensor chosen) = _router.Choose(routed, context); // [s, k] each
        (int[] counts, long[] order) = Sort(chosen);
        Tensor sorted = tensor(order).to(input.device); // [s k]
        Tensor tokens = tensor(Array.ConvertAll(order, place => place / _experts.Chosen)).to(input.device); // [s k]
        Tensor gathered = input.index_select(0, tokens); // [s, e] -> [s k, e]
        List<Tensor> parts = [];
        int start = 0;
        for (int expert = 0; expert < counts.Length; start += counts[expert++])
        {
            if (counts[expert] > 0)
            {
                parts.Add(RunExpert(expert, gathered.narrow(0, start, counts[expert]), context)); // [n, e]
            }
        }

        Tensor weighed = cat(parts, 0) * weights.view(-1).index_select(0, sorted).to(input.dtype).unsqueeze(1); // of [n, e] -> [s k, e]
        return weighed
            .index_select(0, tensor(Invert(order)).to(input.device)) // [s k, e]
            .view(-1, _experts.Chosen, _config.HiddenSize) // [s k, e] -> [s, k, e]
            .sum(1)
            .MoveToOuterDisposeScope();
    }

    private Tensor RunExpert(int expert, Tensor input, ForwardContext context)
    {
        Tensor both = _gateUp.Forward(expert, input, context); // [n, e] -> [n, 2w]
        Tensor product = _experts.Clamped is { } clamped
            ? Gating.Clamp(clamped, Turn(both, 0), Turn(both, 1))
            : Gating.Apply(_config.Activation, Half(both, 0), Half(both, 1));
        return _down.Forward(expert, product, context); // [n, w] -> [n, e]
    }

    private Tensor Half(Tensor both, int part) => both.narrow(-1, part * _experts.Width, _experts.Width).contiguous(); // [n, 2w] -> [n, w]

    // Gate and up stand in turns.
    private Tensor Turn(Tensor both, int part) => both.view(-1, _experts.Width, 2).select(-1, part); // [n, 2w] -> [n, w, 2] -> [n, w]

    // How many tokens each expert got, and the places [s k] in the order of their experts.
    private (int[] Counts, long[] Order) Sort(Tensor chosen)
    {
        using Tensor host = chosen.cpu().contiguous();
        ReadOnlySpan<long> experts = MemoryMarshal.Cast<byte, long>(host.bytes);
        int[] counts = new int[_experts.Count];
        foreach (long expert in experts)
        {
            counts[expert]++;
        }

        int[] next = new int[_experts.Count];
        for (int expert = 1; expert < next.Length; expert++)
        {
            next[expert] = next[expert - 1] + counts[expert - 1];
        }

        long[] order = new long[experts.Length];
        for (int place = 0; place < experts.Length; place++)
        {
            order[next[experts[place]]++] = place;
        }

        return (counts, order);
    }

    private static long[] Invert(long[] order)
    {
        long[] inverse = new long[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            inverse[order[i]] = i;
        }

        return inverse;
    }
}

// Shapes: s tokens, e hidden width, x experts, k chosen ones, g groups of experts.
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Lora;
using MultiTurnTrainer.Models.Kernels.Norm;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Chooses experts for every token, in single precision.</summary>
internal sealed class Router
{
    private const double Tiny = 1e-20;
    private readonly ModelConfig _config;
    private readonly ExpertConfig _experts;
    private readonly Func<ForwardContext, Tensor>? _weight;
    private readonly Func<ForwardContext, Tensor>? _bias;
    private readonly Func<ForwardContext, Tensor>? _scale;
    private readonly Func<ForwardContext, Tensor>? _expertScale;
    private readonly Projection? _projection;
    private readonly Tensor? _ones;

    public Router(ModelConfig config, int layer, ModuleBuilder build)
    {
        _config = config;
        _experts = config.Experts!;
        string block = ModuleLayout.LayerPath(config, layer) + ".";
        switch (_experts.Router)
        {
            case RouterKind.ScaledSoftmax:
                _scale = build.Parameter(block + "router.scale");
                _expertScale = build.Parameter(block + "router.per_expert_scale");
                _projection = build.Projection(block + "router.proj");
                _ones = build.Ones(config.HiddenSize);
                break;
            case RouterKind.ChosenSoftmax:
                _weight = build.Parameter(block + "mlp.router.weight");
                _bias = build.Parameter(block + "mlp.router.bias");
                break;
            default:
                _weight = build.Parameter(block + "mlp.gate.weight");
                _bias =
                    _experts.Router == RouterKind.Sigmoid
                        ? build.Parameter(block + "mlp.gate.e_score_correction_bias")
                        : null;
                break;
        }
    }

    /// <summary>[s, e] to the chosen experts' weights and numbers, [s, k] each.</summary>
    public (Tensor Weights, Tensor Experts) Choose(Tensor input, ForwardContext context) =>
        _experts.Router switch
        {
            RouterKind.ChosenSoftmax => ChooseThenSoftmax(Scores(input, context) + _bias!(context).to(float32)),
            RouterKind.Sigmoid => ChooseInGroups(Scores(input, context).sigmoid(), _bias!(context).to(float32)),
            RouterKind.ScaledSoftmax => ChooseScaled(input, context),
            _ => Largest(Scores(input, context).softmax(-1), _experts.SumsToOne),
        };

    private Tensor Scores(Tensor input, ForwardContext context) =>
        LoraProducts.Linear(input.to(float32), _weight!(context).to(float32)); // [s, e] [x, e] -> [s, x]

    private (Tensor, Tensor) Largest(Tensor scores, bool sumsToOne)
    {
        (Tensor weights, Tensor chosen) = scores.topk(_experts.Chosen); // [s, x] -> [s, k]
        return (sumsToOne ? weights / weights.sum(-1, keepdim: true) : weights, chosen);
    }

    private (Tensor, Tensor) ChooseThenSoftmax(Tensor scores)
    {
        (Tensor largest, Tensor chosen) = scores.topk(_experts.Chosen); // [s, x] -> [s, k]
        return (largest.softmax(-1), chosen);
    }

    private (Tensor, Tensor) ChooseScaled(Tensor input, ForwardContext context)
    {
        Tensor normed = RmsNormKernel.Apply(input, _ones!, _config.NormEpsilon, addsOne: false);
        Tensor scaled = normed * _scale!(context).to(input.dtype) * (1 / Math.Sqrt(_config.HiddenSize));
        Tensor scores = _projection!.Forward(scaled, context).to(float32); // [s, e] -> [s, x]
        (Tensor weights, Tensor chosen) = Largest(scores.softmax(-1), sumsToOne: true);
        Tensor factors = _expertScale!(context).to(float32).index_select(0, chosen.view(-1)).view(chosen.shape); // [x] -> [s, k]
        return (weights * factors, chosen);
    }

    // The correction has a say in the choice only.
    private (Tensor, Tensor) ChooseInGroups(Tensor scores, Tensor correction)
    {
        (long tokens, int groups) = (scores.shape[0], _experts.Groups);
        Tensor corrected = (scores + correction).detach(); // [s, x]
        Tensor grouped = corrected.view(tokens, groups, -1); // [s, x] -> [s, g, x / g]
        Tensor best = grouped.topk(2).values.sum(-1); // [s, g, x / g] -> [s, g]
        Tensor kept = best.topk(_experts.ChosenGroups).indexes; // [s, g] -> [s, kept]
        Tensor mask = zeros_like(best).scatter(1, kept, ones(kept.shape, float32, best.device)).unsqueeze(-1); // [s, g, 1]
        Tensor chosen = (grouped * mask).view(tokens, -1).topk(_experts.Chosen).indexes; // [s, g, x / g] -> [s, x] -> [s, k]
        Tensor weights = scores.gather(1, chosen); // [s, x] -> [s, k]
        weights = _experts.SumsToOne ? weights / (weights.sum(-1, keepdim: true) + Tiny) : weights;
        return (weights * _experts.WeightScale, chosen);
    }
}

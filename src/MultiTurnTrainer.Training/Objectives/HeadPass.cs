using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Objectives;

/// <summary>The masked cross-entropy head under an adapter: frozen, under a low-rank change, or trained through its effective weight.</summary>
/// <param name="model">The base.</param>
/// <param name="adapter">Laid over it; null for the base alone, whose loss can be computed and not its gradient.</param>
/// <param name="settings">Label smoothing and z-loss.</param>
internal sealed class HeadPass(CausalLM model, Adapter? adapter, TrainSettings settings)
{
    private readonly CrossEntropyOptions _training = new(
        (float)(model.Config.LogitSoftcap ?? 0),
        (float)settings.LabelSmoothingFactor,
        (float)settings.ZLoss,
        Metrics: true
    );

    /// <summary>The loss and its gradient with respect to the hidden states, in the caller's scope.</summary>
    /// <param name="hidden">Normed hidden states, [supervised, hidden].</param>
    /// <param name="batch">Targets and weights.</param>
    /// <param name="normalizer">What the gradient is divided by.</param>
    public HeadResult ComputeGradient(Tensor hidden, MicroBatch batch, double normalizer)
    {
        using DisposeScope scope = NewDisposeScope();
        if (FindLowRank() is { } low)
        {
            return Run(low);
        }

        Tensor weight = model.HeadWeight(adapter);
        Tensor narrow = weight.detach().to(hidden.dtype);
        if (!weight.requires_grad)
        {
            return Run(new FrozenHead(narrow));
        }

        Tensor gradient = zeros(weight.shape, dtype: ScalarType.Float32, device: weight.device);
        HeadResult result = Run(new TrainableHead(narrow, gradient));
        weight.backward([gradient.to(weight.dtype)]);
        return result;

        HeadResult Run(IHead head) =>
            MoveOut(MaskedCrossEntropy.Run(hidden, GetTargets(batch), head, 1 / normalizer, _training));
    }

    /// <summary>The plain loss alone, without smoothing, in the caller's scope.</summary>
    public HeadResult ComputeLoss(Tensor hidden, MicroBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        IHead head = FindLowRank() ?? new FrozenHead(model.HeadWeight(adapter).detach().to(hidden.dtype));
        CrossEntropyOptions plain = new(_training.SoftCap, Gradient: false, Metrics: true);
        return MoveOut(MaskedCrossEntropy.Run(hidden, GetTargets(batch), head, 1, plain));
    }

    private IHead? FindLowRank() => adapter is null ? null : model.LowRankHead(adapter);

    private static HeadResult MoveOut(HeadResult result)
    {
        result.HiddenGradient?.MoveToOuterDisposeScope();
        result.Statistics?.MoveToOuterDisposeScope();
        return result;
    }

    private static HeadTargets GetTargets(MicroBatch batch) =>
        new(
            [.. Enumerable.Range(0, batch.Targets.Length)],
            Array.ConvertAll(batch.Targets, target => (int)target),
            batch.Weights
        );
}

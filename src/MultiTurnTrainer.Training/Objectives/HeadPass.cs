using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Objectives;

/// <summary>What the head gave for some supervised rows.</summary>
/// <param name="LossSum">Summed weighted losses, nats.</param>
/// <param name="Hits">Rows whose label was the most likely token.</param>
/// <param name="TokenLosses">The unweighted loss of each row.</param>
internal sealed record HeadResult(double LossSum, long Hits, float[] TokenLosses);

/// <summary>The head and its loss over supervised rows only, in chunks.</summary>
internal sealed class HeadPass(CausalLM model, Adapter adapter)
{
    private const int _chunk = 1024;

    /// <summary>The loss, and its gradient with respect to the hidden states.</summary>
    /// <param name="hidden">Normed hidden states, [supervised, hidden].</param>
    /// <param name="batch">Targets and weights.</param>
    /// <param name="normalizer">What the gradient is divided by.</param>
    public (Tensor Gradient, HeadResult Result) LossAndGradient(Tensor hidden, MicroBatch batch, double normalizer)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = model.HeadWeight(adapter);
        (Tensor? gradient, Tensor? weightGradient, HeadResult result) = Chunks(
            hidden,
            weight.detach().to(hidden.dtype),
            batch,
            normalizer,
            wantWeight: weight.requires_grad
        );
        if (weightGradient is not null)
        {
            weight.backward([weightGradient.to(weight.dtype)]);
        }

        return (gradient!.MoveToOuterDisposeScope(), result);
    }

    /// <summary>The loss alone.</summary>
    public HeadResult Loss(Tensor hidden, MicroBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = model.HeadWeight(adapter).detach().to(hidden.dtype);
        return Chunks(hidden, weight, batch, null, wantWeight: false).Result;
    }

    private (Tensor? Gradient, Tensor? WeightGradient, HeadResult Result) Chunks(
        Tensor hidden,
        Tensor weight,
        MicroBatch batch,
        double? normalizer,
        bool wantWeight
    )
    {
        using IDisposable quiet = no_grad();
        Tensor targets = tensor(batch.Targets).to(hidden.device);
        Tensor? weights = batch.Weights is { } given ? tensor(given).to(hidden.device) : null;
        int count = batch.Targets.Length;
        Tensor? gradient = normalizer is null ? null : empty_like(hidden);
        Tensor? weightGradient = wantWeight
            ? zeros(weight.shape, dtype: ScalarType.Float32, device: weight.device)
            : null;
        float[] losses = new float[count];
        double sum = 0;
        long hits = 0;
        for (int first = 0; first < count; first += _chunk)
        {
            using DisposeScope scope = NewDisposeScope();
            int size = Math.Min(_chunk, count - first);
            Tensor rows = hidden.narrow(0, first, size);
            Tensor labels = targets.narrow(0, first, size).unsqueeze(1);
            Tensor logits = rows.matmul(weight.t()).to(ScalarType.Float32);
            Tensor? slope = null;
            if (model.Config.LogitSoftcap is { } cap)
            {
                Tensor bent = (logits / cap).tanh();
                slope = 1 - (bent * bent);
                logits = bent * cap;
            }

            Tensor lse = logits.logsumexp(1, keepdim: true);
            Tensor loss = (lse - logits.gather(1, labels)).squeeze(1);
            hits += logits.argmax(1, keepdim: true).eq(labels).sum().item<long>();
            float[] values = loss.data<float>().ToArray();
            values.CopyTo(losses, first);
            for (int i = 0; i < size; i++)
            {
                sum += values[i] * (double)(batch.Weights?[first + i] ?? 1f);
            }

            if (gradient is null)
            {
                continue;
            }

            Tensor change = (logits - lse).exp_();
            change.scatter_add_(1, labels, full([size, 1], -1f, dtype: ScalarType.Float32, device: hidden.device));
            change.mul_(1 / normalizer!.Value);
            if (weights is not null)
            {
                change.mul_(weights.narrow(0, first, size).unsqueeze(1));
            }

            if (slope is not null)
            {
                change.mul_(slope);
            }

            Tensor narrowed = change.to(hidden.dtype);
            gradient.narrow(0, first, size).copy_(narrowed.matmul(weight));
            weightGradient?.add_(narrowed.t().matmul(rows));
        }

        return (gradient, weightGradient, new HeadResult(sum, hits, losses));
    }
}

// Shapes: n rows with a label, v vocabulary.

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>The reference: plain operators, any device and type. What the other backends are measured against.</summary>
internal sealed class ComposedRows : IRowKernel
{
    public Tensor Run(
        Tensor logits,
        Tensor labels,
        Tensor coefficients,
        Tensor statistics,
        CrossEntropyOptions options,
        ScalarType gradientType
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        long vocabulary = logits.size(1);
        // Double where double is given, so that the reference can stand as the truth.
        Tensor u = logits.dtype == float64 ? logits : logits.to(float32);
        Tensor z = options.SoftCap > 0 ? (u / options.SoftCap).tanh() * options.SoftCap : u;
        Tensor index = labels.to(int64).unsqueeze(1); // [n] -> [n, 1]
        Tensor target = z.gather(1, index); // [n, v] -> [n, 1]
        Tensor max = z.amax([1], keepdim: true); // [n, v] -> [n, 1]
        Tensor e = (z - max).exp();
        // Without the target: its p - 1 = -rest / sum keeps its precision near p = 1.
        Tensor others = e.scatter(1, index, zeros_like(target));
        Tensor rest = others.sum(1, keepdim: true); // [n, v] -> [n, 1]
        Tensor own = (target - max).exp();
        Tensor sum = rest + own;
        Tensor lse = max + sum.log();
        Tensor loss = max - target + sum.log();
        if (options.LabelSmoothing > 0)
        {
            loss = loss + ((target - z.mean([1], keepdim: true)) * options.LabelSmoothing);
        }

        statistics[TensorIndex.Colon, 0] = loss.squeeze(1); // [n, 1] -> [n]
        statistics[TensorIndex.Colon, 1] = lse.squeeze(1); // [n, 1] -> [n]
        if (options.Metrics)
        {
            Tensor weighted = (e * (z - max).clamp(min: -1e30)).sum(1, keepdim: true) / sum;
            statistics[TensorIndex.Colon, 2] = (sum.log() - weighted).squeeze(1); // [n, 1] -> [n]
            statistics[TensorIndex.Colon, 3] = z.argmax(1).eq(labels);
        }

        if (options.Gradient)
        {
            double even = (double)options.LabelSmoothing / vocabulary;
            Tensor gradient = (e / sum * (1 + (lse * (2 * options.ZLoss)))) - even;
            Tensor slope = (((own * lse * (2 * options.ZLoss)) - rest) / sum) + (options.LabelSmoothing - even);
            gradient.scatter_(1, index, slope);
            if (options.SoftCap > 0)
            {
                gradient = gradient * (1 - (z / options.SoftCap).square());
            }

            Tensor over = IRowKernel.GradientOver(logits, gradientType);
            over.copy_(gradient * coefficients.unsqueeze(1)); // [n, v] [n, 1] -> [n, v]
            return ReferenceEquals(over, logits) ? logits : over.MoveToOuterDisposeScope();
        }

        return logits;
    }
}

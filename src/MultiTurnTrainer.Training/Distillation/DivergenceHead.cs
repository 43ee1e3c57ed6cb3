// Shapes: n reply tokens, m of a chunk, p of a piece, e hidden width, v vocabulary.

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>What comparing two sets of hidden states gave.</summary>
/// <param name="Divergences">Of each row, before the cap; nats.</param>
/// <param name="ClippedSum">The sum of min(divergence, clip).</param>
internal sealed record DivergenceResult(float[] Divergences, double ClippedSum);

/// <summary>
/// The head of a distillation step: logits of student and reference are formed for some positions at a time, compared
/// over the full vocabulary and thrown away, so that memory does not grow with the reply.
/// </summary>
/// <param name="logitSoftcap">The family's cap on logits, or null.</param>
/// <param name="mostElements">Elements of one tensor of logits; two in fp32 and one in the type of the hidden states live at once, 200 MB at the most.</param>
internal sealed class DivergenceHead(double? logitSoftcap, long mostElements = 1L << 24)
{
    /// <summary>Compares and differentiates.</summary>
    /// <param name="student">Normed hidden states of the student, [rows, hidden]; carry no graph.</param>
    /// <param name="studentHead">Its head, [vocabulary, hidden], of the same type; carries no graph.</param>
    /// <param name="reference">The reference's hidden states at the same reply positions.</param>
    /// <param name="referenceHead">Its head.</param>
    /// <param name="beta">Of <see cref="Divergence"/>.</param>
    /// <param name="clip">The most a token counts; beyond it, it gives no gradient. Infinity for none.</param>
    /// <param name="scale">The gradient is that of scale · Σ min(d, clip).</param>
    /// <param name="headGradient">Collects the gradient of the student's head, fp32; null where the head is frozen.</param>
    /// <returns>The gradient with respect to <paramref name="student"/> and the divergences.</returns>
    public (Tensor Gradient, DivergenceResult Result) Compare(
        Tensor student,
        Tensor studentHead,
        Tensor reference,
        Tensor referenceHead,
        double beta,
        double clip,
        double scale,
        Tensor? headGradient = null
    )
    {
        using IDisposable quiet = no_grad();
        IHead own = headGradient is null ? new FrozenHead(studentHead) : new TrainableHead(studentHead, headGradient);
        FrozenHead other = new(referenceHead);
        int rows = (int)student.shape[0];
        Tensor gradient = empty_like(student);
        float[] divergences = new float[rows];
        int chunk = (int)Math.Max(1, mostElements / studentHead.shape[0]);
        for (int first = 0; first < rows; first += chunk)
        {
            using DisposeScope scope = NewDisposeScope();
            int size = Math.Min(chunk, rows - first);
            Tensor hidden = student.narrow(0, first, size); // [n, e] -> [m, e]
            Tensor logits = own.Logits(hidden); // [m, e] -> [m, v]
            Tensor referenceLogits = other.Logits(reference.narrow(0, first, size)); // [n, e] -> [m, e] -> [m, v]
            Tensor change = empty(logits.shape, student.dtype, student.device);
            RowPieces.ForEach(
                student.device,
                size,
                (start, count) =>
                {
                    (Tensor logQ, Tensor? slope) = ComputeLogProbabilities(
                        logits.narrow(0, start, count), // [m, v] -> [p, v]
                        wantSlope: true
                    );
                    (Tensor logP, _) = ComputeLogProbabilities(
                        referenceLogits.narrow(0, start, count), // [m, v] -> [p, v]
                        wantSlope: false
                    );
                    Tensor each = Divergence.Compute(logP, logQ, beta); // [p, 1]
                    each.cpu().data<float>().ToArray().CopyTo(divergences, first + start);
                    logQ.mul_(each.le(clip).to(ScalarType.Float32) * scale);
                    change.narrow(0, start, count).copy_(slope is null ? logQ : logQ.mul_(slope)); // [p, v] into [m, v]
                }
            );
            gradient.narrow(0, first, size).copy_(own.Backward(hidden, change)); // [m, v] -> [m, e] into [n, e]
        }

        double sum = divergences.Sum(value => Math.Min((double)value, clip));
        return (gradient, new DivergenceResult(divergences, sum));
    }

    /// <summary>The log-probability of each row's token, untruncated and at temperature 1; nats.</summary>
    /// <param name="hidden">Normed hidden states, [rows, hidden].</param>
    /// <param name="head">The head, [vocabulary, hidden].</param>
    /// <param name="tokens">One token a row.</param>
    public float[] ScoreTokens(Tensor hidden, Tensor head, IReadOnlyList<int> tokens)
    {
        using IDisposable quiet = no_grad();
        float[] result = new float[tokens.Count];
        int chunk = (int)Math.Max(1, mostElements / head.shape[0]);
        for (int first = 0; first < tokens.Count; first += chunk)
        {
            using DisposeScope scope = NewDisposeScope();
            int size = Math.Min(chunk, tokens.Count - first);
            Tensor logits = new FrozenHead(head).Logits(hidden.narrow(0, first, size)); // [n, e] -> [m, e] -> [m, v]
            Tensor wanted = tensor([.. tokens.Skip(first).Take(size).Select(token => (long)token)]).to(hidden.device);
            RowPieces.ForEach(
                hidden.device,
                size,
                (start, count) =>
                {
                    (Tensor logs, _) = ComputeLogProbabilities(logits.narrow(0, start, count), wantSlope: false); // [m, v] -> [p, v]
                    Tensor picked = logs.gather(1, wanted.narrow(0, start, count).unsqueeze(1)); // [p, v] [p, 1] -> [p, 1]
                    picked.cpu().data<float>().ToArray().CopyTo(result, first + start);
                }
            );
        }

        return result;
    }

    private (Tensor Logs, Tensor? Slope) ComputeLogProbabilities(Tensor logits, bool wantSlope)
    {
        Tensor? slope = null;
        if (logitSoftcap is { } cap)
        {
            Tensor bent = (logits / cap).tanh();
            slope = wantSlope ? 1 - (bent * bent) : null;
            logits = bent * cap;
        }

        return (logits.log_softmax(1), slope);
    }
}

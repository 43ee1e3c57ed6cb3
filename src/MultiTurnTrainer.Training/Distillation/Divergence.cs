// Shapes: n rows, v vocabulary.

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// The generalised Jensen–Shannon divergence between a reference p and a student q over the full vocabulary, and its
/// gradient with respect to the student's logits (MAIGO, arXiv 2605.27186, section 3; the end points by convention):
/// <code>
/// d_β(p, q) = β·KL(p ‖ m) + (1−β)·KL(q ‖ m),  m = β·p + (1−β)·q     0 &lt; β &lt; 1
/// d_0(p, q) = KL(p ‖ q)        d_1(p, q) = KL(q ‖ p)
/// </code>
/// The mixture formula is identically zero at β = 0 and 1, hence the special cases.
/// </summary>
internal static class Divergence
{
    /// <summary>The divergence of each row, and in place of the student's log-probabilities the gradient with respect to its logits.</summary>
    /// <param name="reference">log p, [rows, vocabulary], fp32; read only.</param>
    /// <param name="student">log q, [rows, vocabulary], fp32; overwritten with d(row)/d(logits).</param>
    /// <param name="beta">0 to 1.</param>
    /// <returns>The divergences, [rows, 1], nats.</returns>
    public static Tensor Compute(Tensor reference, Tensor student, double beta)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor result = beta switch
        {
            0 => ComputeForward(reference, student),
            1 => ComputeReverse(reference, student),
            _ => ComputeMixture(reference, student, beta),
        };
        return result.MoveToOuterDisposeScope();
    }

    // d = Σ p (log p − log q); gradient q − p.
    private static Tensor ComputeForward(Tensor reference, Tensor student)
    {
        Tensor p = reference.exp();
        Tensor divergence = (reference - student).mul_(p).sum(1, keepdim: true); // [n, v] -> [n, 1]
        student.exp_().sub_(p);
        return divergence;
    }

    // d = Σ q (log q − log p); gradient q (log q − log p − d).
    private static Tensor ComputeReverse(Tensor reference, Tensor student)
    {
        Tensor ratio = student - reference;
        student.exp_();
        Tensor divergence = (student * ratio).sum(1, keepdim: true); // [n, v] -> [n, 1]
        student.mul_(ratio.sub_(divergence));
        return divergence;
    }

    // Gradient (1−β) q (log q − log m − KL(q ‖ m)): the terms through m cancel.
    private static Tensor ComputeMixture(Tensor reference, Tensor student, double beta)
    {
        Tensor mixture = (reference + Math.Log(beta)).logaddexp(student + Math.Log(1 - beta));
        Tensor ofReference = (reference - mixture).mul_(reference.exp()).sum(1, keepdim: true); // [n, v] -> [n, 1]
        Tensor ratio = mixture.neg_().add_(student);
        student.exp_();
        Tensor ofStudent = (student * ratio).sum(1, keepdim: true); // [n, v] -> [n, 1]
        student.mul_(ratio.sub_(ofStudent)).mul_(1 - beta);
        return ofReference.mul_(beta).add_(ofStudent * (1 - beta));
    }
}

// Folder Distillation: samples replies, compares them under two contexts, and turns the difference into gradient.
// Refuses to know: steps, optimizer, checkpoints, templates.
// Shapes: n reply tokens of all replies, l of one, e hidden width, v vocabulary.
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>Compares replies under two contexts, and adds the gradient of the student's side to the adapter's.</summary>
/// <param name="model">The base of both sides.</param>
/// <param name="student">What is trained.</param>
/// <param name="clip">The most a token's divergence counts.</param>
/// <param name="recompute">Which blocks run twice.</param>
/// <param name="mostTokens">The most tokens that are scored at once without gradient, so that memory stays bounded.</param>
internal sealed class DistillationPass(
    CausalLM model,
    LoraAdapter student,
    double clip,
    Recompute recompute,
    int mostTokens = 1 << 15
)
{
    private readonly BlockwisePass _pass = new(model, student, recompute);
    private readonly DivergenceHead _head = new(model.Config.LogitSoftcap);

    /// <summary>Tokens compared so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>Those whose divergence was over the cap, and that gave no gradient.</summary>
    public long ClippedTokens { get; private set; }

    /// <summary>Adds the gradient of Σ coefficient · mean over the reply of min(d, clip), divided by the normaliser.</summary>
    /// <param name="replies">The terms.</param>
    /// <param name="reference">Scores the reference's side, without gradient; null for the base alone.</param>
    /// <param name="normalizer">What the sum is divided by.</param>
    /// <param name="seed">Of the student's dropout.</param>
    /// <param name="tally">Grows by what each reply added.</param>
    /// <returns>The sum before the division.</returns>
    public double Run(
        IReadOnlyList<ScoredReply> replies,
        Adapter? reference,
        double normalizer,
        ulong seed,
        DistillationTally? tally = null
    )
    {
        if (replies.Count == 0)
        {
            return 0;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor referenceHidden = ComputeHidden(replies, reply => reply.ReferenceContext, reference);
        Tensor referenceHead = model.HeadWeight(reference).detach();
        Tensor head = model.HeadWeight(student);
        Tensor? headGradient = head.requires_grad
            ? zeros(head.shape, dtype: ScalarType.Float32, device: head.device)
            : null;
        double sum = 0;
        MicroBatch batch = Pack(replies, reply => reply.StudentContext);
        _pass.Run(
            batch,
            seed,
            hidden =>
            {
                using IDisposable quiet = no_grad();
                Tensor gradient = empty_like(hidden);
                int first = 0;
                foreach (ScoredReply reply in replies)
                {
                    int length = reply.Reply.Length;
                    (Tensor part, DivergenceResult result) = _head.Compare(
                        hidden.narrow(0, first, length), // [n, e] -> [l, e]
                        head.detach().to(hidden.dtype),
                        referenceHidden.narrow(0, first, length), // [n, e] -> [l, e]
                        referenceHead.to(hidden.dtype),
                        reply.Beta,
                        clip,
                        reply.Coefficient / (length * normalizer),
                        headGradient
                    );
                    gradient.narrow(0, first, length).copy_(part); // [l, e] into [n, e]
                    sum += Count(reply, result, tally);
                    first += length;
                }

                return gradient;
            }
        );
        if (headGradient is not null)
        {
            head.backward([headGradient.to(head.dtype)]);
        }

        return sum;
    }

    /// <summary>Counts a reply; gives what it adds to the loss, before the normaliser.</summary>
    private double Count(ScoredReply reply, DivergenceResult result, DistillationTally? tally)
    {
        int length = reply.Reply.Length;
        double loss = reply.Coefficient * result.ClippedSum / length;
        Tokens += length;
        ClippedTokens += result.Divergences.Count(divergence => divergence > clip);
        tally?.Add(reply.Term, length, loss, result.ClippedSum / length);
        return loss;
    }

    /// <summary>δ of each reply: the mean over its tokens of log student − log reference, both sides without gradient (MAIGO 3.3).</summary>
    public IReadOnlyList<double> ComputeDeltas(IReadOnlyList<ScoredReply> replies, Adapter? reference)
    {
        if (replies.Count == 0)
        {
            return [];
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        int[] tokens = [.. replies.SelectMany(reply => reply.Reply)];
        Tensor ours = ComputeHidden(replies, reply => reply.StudentContext, student);
        Tensor theirs = ComputeHidden(replies, reply => reply.ReferenceContext, reference);
        float[] logStudent = _head.ScoreTokens(ours, model.HeadWeight(student).to(ours.dtype), tokens);
        float[] logReference = _head.ScoreTokens(theirs, model.HeadWeight(reference).to(ours.dtype), tokens);
        List<double> deltas = [];
        int first = 0;
        foreach (ScoredReply reply in replies)
        {
            double sum = 0;
            for (int i = first; i < first + reply.Reply.Length; i++)
            {
                sum += (double)logStudent[i] - logReference[i];
            }

            deltas.Add(sum / reply.Reply.Length);
            first += reply.Reply.Length;
        }

        return deltas;
    }

    /// <summary>Normed hidden states at the positions that predict the replies' tokens, all replies end to end.</summary>
    private Tensor ComputeHidden(IReadOnlyList<ScoredReply> replies, Func<ScoredReply, int[]> context, Adapter? adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        List<Tensor> parts =
        [
            .. FindGroups(replies, context).Select(group => Pack(group, context).ComputeHidden(model, adapter)),
        ];
        return (parts.Count == 1 ? parts[0] : cat(parts)).MoveToOuterDisposeScope(); // groups -> [n, e]
    }

    /// <summary>Neighbours that together keep within the limit; one that is longer goes alone.</summary>
    private IEnumerable<List<ScoredReply>> FindGroups(
        IReadOnlyList<ScoredReply> replies,
        Func<ScoredReply, int[]> context
    )
    {
        List<ScoredReply> group = [];
        long tokens = 0;
        foreach (ScoredReply reply in replies)
        {
            int length = context(reply).Length + reply.Reply.Length;
            if (group.Count > 0 && tokens + length > mostTokens)
            {
                yield return group;
                (group, tokens) = ([], 0);
            }

            group.Add(reply);
            tokens += length;
        }

        yield return group;
    }

    private static MicroBatch Pack(IReadOnlyList<ScoredReply> replies, Func<ScoredReply, int[]> context)
    {
        TokenRow[] rows =
        [
            .. replies.Select(reply =>
            {
                int[] before = context(reply);
                int[] labels = [.. Enumerable.Repeat(TokenRow.Unsupervised, before.Length), .. reply.Reply];
                return new TokenRow(reply.Id, [.. before, .. reply.Reply], labels);
            }),
        ];
        return MicroBatch.Pack(rows, [.. Enumerable.Range(0, rows.Length)]);
    }
}

// Shapes: s tokens of the row, n of a chunk, e hidden width, v vocabulary.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.CrossEntropy;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>How likely a row's tokens are.</summary>
/// <param name="LogProbs">For each token its log-probability given those before it; 0 for the first.</param>
/// <param name="Loss">The mean of the negated log-probabilities of supervised tokens; 0 without any.</param>
/// <param name="WeightedLoss">The weighted mean where the row has weights, else null.</param>
/// <param name="SupervisedTokens">Labels that count: not -100, and not the first token's.</param>
public sealed record Score(float[] LogProbs, double Loss, double? WeightedLoss, int SupervisedTokens);

/// <summary>Scores rows of tokens with a model and an adapter.</summary>
/// <param name="model">The base model.</param>
/// <param name="adapter">Laid over the base; null for the base alone.</param>
public sealed class Scorer(CausalLM model, Adapter? adapter)
{
    /// <summary>The label of a token that is not supervised.</summary>
    public const int Ignored = -100;

    private const int LeastChunk = 16;
    private const int MostChunk = 64;

    // Rows of the hidden state to turn into logits at once: enough to keep the product busy, a sixty-fourth of the weights at most.
    private readonly int _chunkRows = (int)
        Math.Clamp(model.ParameterCount / 64 / model.Config.VocabularySize, LeastChunk, MostChunk);

    /// <summary>Scores one row.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="labels">Beside each token itself, or <see cref="Ignored"/>; empty counts every token.</param>
    /// <param name="weights">Beside each token its weight, or null.</param>
    /// <param name="onLogits">Receives the logits in order, some rows [rows · vocabulary] at a time; or null.</param>
    /// <exception cref="MttException">The row is empty or holds an id outside the vocabulary.</exception>
    public Score Run(int[] ids, int[] labels, float[]? weights, Action<ReadOnlyMemory<float>>? onLogits = null)
    {
        int vocabulary = model.Config.VocabularySize;
        int wrong = Array.FindIndex(ids, id => id < 0 || id >= vocabulary);
        if (ids.Length == 0 || wrong >= 0)
        {
            throw new MttException(
                ids.Length == 0
                    ? "a row has no tokens"
                    : $"id {ids[wrong]} lies outside the vocabulary of {vocabulary}",
                "The rows were made with another tokenizer: make them again with this model's."
            );
        }

        float[] logProbs = new float[ids.Length];
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
            using Tensor tokens = Tensors.Ids(ids, model.Device);
            Tensor hidden = model.Forward(tokens, context);
            for (int start = 0; start < ids.Length; start += _chunkRows)
            {
                using DisposeScope chunk = NewDisposeScope();
                int count = Math.Min(_chunkRows, ids.Length - start);
                Tensor logits = model.Logits(hidden.narrow(0, start, count), context); // [s, e] -> [n, e] -> [n, v]
                onLogits?.Invoke(Tensors.ToArray(logits));
                int[] next = ids[(start + 1)..Math.Min(ids.Length, start + 1 + count)];
                ScoreNext(logits.narrow(0, 0, next.Length), next).CopyTo(logProbs, start + 1); // the row's last token has no next
            }
        }

        return Summarise(logProbs, labels, weights);
    }

    // Log-probabilities of the tokens that follow, by the training loss's own row kernel.
    private static float[] ScoreNext(Tensor logits, int[] next)
    {
        if (next.Length == 0)
        {
            return [];
        }

        Tensor statistics = zeros(next.Length, 4, float32, logits.device); // [n, 4]
        MaskedCrossEntropy
            .RowKernel(logits)
            .Run(
                logits,
                tensor(next, device: logits.device),
                ones(next.Length, float32, logits.device),
                statistics,
                new CrossEntropyOptions(Gradient: false),
                float32
            );
        return Array.ConvertAll(Tensors.ToArray(statistics.select(1, 0)), loss => -loss); // [n, 4] -> [n]
    }

    private static Score Summarise(float[] logProbs, int[] labels, float[]? weights)
    {
        double sum = 0;
        double weighted = 0;
        double total = 0;
        int count = 0;
        for (int t = 1; t < logProbs.Length; t++)
        {
            if (labels.Length > 0 && labels[t] == Ignored)
            {
                continue;
            }

            double weight = weights?[t] ?? 1;
            sum -= logProbs[t];
            weighted -= weight * logProbs[t];
            total += weight;
            count++;
        }

        return new Score(
            logProbs,
            count == 0 ? 0 : sum / count,
            weights is null ? null
                : total == 0 ? 0
                : weighted / total,
            count
        );
    }
}

// Shapes: s tokens, h heads, d entries that turn.
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Rotary;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Cosine and sine for every token of a pack: [tokens, 1, dimensions / 2], scaled by the attention factor.</summary>
/// <param name="cosine">[tokens, 1, dimensions / 2].</param>
/// <param name="sine">[tokens, 1, dimensions / 2].</param>
/// <param name="pairsNeighbours">Whether entries (2i, 2i + 1) turn together.</param>
/// <param name="queryScale">The factor on every token's queries, [tokens, 1, 1]; null for none.</param>
internal sealed class RotaryTable(Tensor cosine, Tensor sine, bool pairsNeighbours, Tensor? queryScale) : IDisposable
{
    /// <summary>For a pack whose positions begin at 0 in each sequence.</summary>
    public static RotaryTable ForPack(RopeConfig rope, SequenceLayout layout, ScalarType type, Device device) =>
        ForTokens(
            rope,
            [
                .. layout
                    .Lengths.Zip(layout.WholeLengths)
                    .SelectMany(pair => Enumerable.Range(0, pair.First).Select(position => (position, pair.Second))),
            ],
            type,
            device
        );

    /// <summary>For single tokens: one position and length of sequence for each.</summary>
    public static RotaryTable ForTokens(
        RopeConfig rope,
        (int Position, int Length)[] tokens,
        ScalarType type,
        Device device
    )
    {
        int half = rope.Dimensions / 2;
        float[] cosine = new float[tokens.Length * half];
        float[] sine = new float[tokens.Length * half];
        float[] inverse = [];
        for (int row = 0; row < tokens.Length; row++)
        {
            (int position, int length) = tokens[row];
            if (row == 0 || (rope.DependsOnLength && length != tokens[row - 1].Length))
            {
                inverse = RopeFrequencies.ComputeInverse(rope, length);
            }

            Fill(rope, inverse, position, cosine.AsSpan(row * half, half), sine.AsSpan(row * half, half));
        }

        long[] shape = [tokens.Length, 1, half];
        Tensor? scale =
            rope.QueryScaleBeta == 0
                ? null
                : Tensors.From(
                    [.. tokens.Select(token => (float)rope.QueryScale(token.Position))],
                    [tokens.Length, 1, 1],
                    type,
                    device
                );
        return new RotaryTable(
            Tensors.From(cosine, shape, type, device),
            Tensors.From(sine, shape, type, device),
            rope.PairsNeighbours,
            scale
        );
    }

    /// <summary>
    /// Rotates [tokens, heads, width]: pairs of the leading entries, the rest passes. Neighbours are taken apart first and stay so, in
    /// queries and keys alike, which changes no score.
    /// </summary>
    public Tensor Apply(Tensor heads) => RotaryKernel.Apply(pairsNeighbours ? TakeApart(heads) : heads, cosine, sine);

    /// <summary>Rotates queries, and multiplies them by their position's factor.</summary>
    public Tensor ApplyToQueries(Tensor heads) => queryScale is null ? Apply(heads) : Apply(heads) * queryScale;

    public void Dispose()
    {
        cosine.Dispose();
        sine.Dispose();
        queryScale?.Dispose();
    }

    private Tensor TakeApart(Tensor heads)
    {
        long turning = 2 * cosine.size(-1);
        long rest = heads.size(-1) - turning;
        Tensor pairs = heads.narrow(-1, 0, turning).reshape(heads.size(0), heads.size(1), turning / 2, 2); // [s, h, d] -> [s, h, d / 2, 2]
        Tensor apart = pairs.transpose(2, 3).reshape(heads.size(0), heads.size(1), turning); // [s, h, 2, d / 2] -> [s, h, d]
        return rest == 0 ? apart : cat([apart, heads.narrow(-1, turning, rest)], -1);
    }

    /// <summary>Cosines and sines of one position.</summary>
    public static void Fill(RopeConfig rope, float[] inverse, int position, Span<float> cosine, Span<float> sine)
    {
        for (int i = 0; i < inverse.Length; i++)
        {
            // The product is rounded to single precision first, as every other implementation has it.
            double angle = position * inverse[i];
            cosine[i] = (float)(Math.Cos(angle) * rope.AttentionFactor);
            sine[i] = (float)(Math.Sin(angle) * rope.AttentionFactor);
        }
    }
}

using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Rotary;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Cosine and sine for every token of a pack: [tokens, 1, dimensions / 2], scaled by the attention factor.</summary>
internal sealed class RotaryTable(Tensor cosine, Tensor sine) : IDisposable
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
        return new RotaryTable(Tensors.From(cosine, shape, type, device), Tensors.From(sine, shape, type, device));
    }

    /// <summary>Rotates [tokens, heads, width]: pairs (i, i + d/2) of the leading entries, the rest passes.</summary>
    public Tensor Apply(Tensor heads) => RotaryKernel.Apply(heads, cosine, sine);

    public void Dispose()
    {
        cosine.Dispose();
        sine.Dispose();
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

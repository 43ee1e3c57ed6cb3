using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Rotary;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Cosine and sine for every token of a pack: [tokens, 1, dimensions / 2], scaled by the attention factor.</summary>
internal sealed class RotaryTable : IDisposable
{
    private RotaryTable(Tensor cosine, Tensor sine)
    {
        Cosine = cosine;
        Sine = sine;
    }

    public Tensor Cosine { get; }

    public Tensor Sine { get; }

    /// <summary>For a pack whose positions begin at 0 in each sequence.</summary>
    public static RotaryTable ForPack(RopeConfig rope, SequenceLayout layout, ScalarType type, Device device)
    {
        int half = rope.Dimensions / 2;
        float[] cosine = new float[layout.Tokens * half];
        float[] sine = new float[layout.Tokens * half];
        float[]? shared = rope.DependsOnLength ? null : RopeFrequencies.ComputeInverse(rope, 0);
        int row = 0;
        foreach ((int length, int whole) in layout.Lengths.Zip(layout.WholeLengths))
        {
            float[] inverse = shared ?? RopeFrequencies.ComputeInverse(rope, whole);
            for (int position = 0; position < length; position++, row++)
            {
                Fill(rope, inverse, position, cosine.AsSpan(row * half, half), sine.AsSpan(row * half, half));
            }
        }

        return Create(rope, cosine, sine, layout.Tokens, type, device);
    }

    /// <summary>For single tokens: one position and length of sequence for each.</summary>
    public static RotaryTable ForTokens(
        RopeConfig rope,
        ReadOnlySpan<(int Position, int Length)> tokens,
        ScalarType type,
        Device device
    )
    {
        int half = rope.Dimensions / 2;
        float[] cosine = new float[tokens.Length * half];
        float[] sine = new float[tokens.Length * half];
        float[]? shared = rope.DependsOnLength ? null : RopeFrequencies.ComputeInverse(rope, 0);
        for (int row = 0; row < tokens.Length; row++)
        {
            float[] inverse = shared ?? RopeFrequencies.ComputeInverse(rope, tokens[row].Length);
            Fill(rope, inverse, tokens[row].Position, cosine.AsSpan(row * half, half), sine.AsSpan(row * half, half));
        }

        return Create(rope, cosine, sine, tokens.Length, type, device);
    }

    /// <summary>Rotates [tokens, heads, width]: pairs (i, i + d/2) of the leading entries, the rest passes.</summary>
    public Tensor Apply(Tensor heads) => RotaryKernel.Apply(heads, Cosine, Sine);

    public void Dispose()
    {
        Cosine.Dispose();
        Sine.Dispose();
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

    private static RotaryTable Create(
        RopeConfig rope,
        float[] cosine,
        float[] sine,
        int rows,
        ScalarType type,
        Device device
    )
    {
        long[] shape = [rows, 1, rope.Dimensions / 2];
        return new RotaryTable(Tensors.From(cosine, shape, type, device), Tensors.From(sine, shape, type, device));
    }
}

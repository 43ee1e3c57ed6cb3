using System.Numerics;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>
/// A mean in fp32, added up in the order of torch's kernel for vectors of eight: the offset of double quantisation hangs on its last
/// bit, and torch's own changes with the machine.
/// </summary>
internal static class CascadeMean
{
    private const int Lanes = 8;
    private const int Row = 4 * Lanes;
    private const int Levels = 4;

    /// <summary>The mean of at least one number.</summary>
    public static float Of(ReadOnlySpan<float> numbers)
    {
        Span<float> sums = stackalloc float[Row];
        AddRows(numbers, sums);
        Span<float> first = sums[..Lanes];
        int done = numbers.Length / Row * Row;
        for (; done <= numbers.Length - Lanes; done += Lanes)
        {
            TensorPrimitives.Add(first, numbers.Slice(done, Lanes), first);
        }

        for (int other = Lanes; other < Row; other += Lanes)
        {
            TensorPrimitives.Add(first, sums.Slice(other, Lanes), first);
        }

        float sum = 0;
        foreach (float number in numbers[done..])
        {
            sum += number;
        }

        foreach (float lane in first)
        {
            sum += lane;
        }

        return sum / numbers.Length;
    }

    // Sums of whole rows, on levels: a full level is added to the one above it, so that no sum has too many terms.
    private static void AddRows(ReadOnlySpan<float> numbers, Span<float> sums)
    {
        int rows = numbers.Length / Row;
        int power = Math.Max(4, (rows < 2 ? 1 : BitOperations.Log2((uint)(rows - 1)) + 1) / Levels);
        Span<float> levels = stackalloc float[Levels * Row];
        levels.Clear();
        for (int row = 0; row < rows; row++)
        {
            TensorPrimitives.Add(levels[..Row], numbers.Slice(row * Row, Row), levels[..Row]);
            for (int level = 1; level < Levels && (row + 1) % (1L << (level * power)) == 0; level++)
            {
                Span<float> below = levels.Slice((level - 1) * Row, Row);
                Span<float> own = levels.Slice(level * Row, Row);
                TensorPrimitives.Add(own, below, own);
                below.Clear();
            }
        }

        levels[..Row].CopyTo(sums);
        for (int level = 1; level < Levels; level++)
        {
            TensorPrimitives.Add(sums, levels.Slice(level * Row, Row), sums);
        }
    }
}

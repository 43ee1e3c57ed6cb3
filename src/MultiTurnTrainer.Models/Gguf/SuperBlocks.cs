namespace MultiTurnTrainer.Models.Gguf;

/// <summary>
/// Q4_K and Q6_K: 256 values in groups that have scales of their own, which are quantised themselves. For each group some codings are
/// tried, each with the scale (and least value) of least squared error for it; larger values weigh more.
/// </summary>
internal static class SuperBlocks
{
    private const int Values = 256;
    private const float Step = 0.1f;

    /// <summary>Eight groups of 32: code · scale − least value.</summary>
    public static void Q4_K(ReadOnlySpan<float> values, Span<byte> block)
    {
        const int size = 32;
        Span<float> scales = stackalloc float[Values / size];
        Span<float> floors = stackalloc float[Values / size];
        for (int group = 0; group < scales.Length; group++)
        {
            (scales[group], floors[group]) = FitRange(values.Slice(group * size, size), 15);
        }

        Half scale = (Half)(TensorPrimitives.Max(scales) / 63);
        Half floor = (Half)(TensorPrimitives.Max(floors) / 63);
        block.Clear();
        BinaryPrimitives.WriteHalfLittleEndian(block, scale);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], floor);
        for (int group = 0; group < scales.Length; group++)
        {
            int factor = Code(scales[group], (float)scale, 0, 63);
            int offset = Code(floors[group], (float)floor, 0, 63);
            PutSixBits(block[4..16], group, factor, offset);
            (float step, float least) = ((float)scale * factor, (float)floor * offset);
            Span<byte> nibbles = block.Slice(16 + (size * (group / 2)), size);
            for (int i = 0; i < size; i++)
            {
                int code = Code(values[(group * size) + i] + least, step, 0, 15);
                nibbles[i] |= (byte)(code << (4 * (group % 2)));
            }
        }
    }

    /// <summary>Sixteen groups of 16: (code − 32) · scale.</summary>
    public static void Q6_K(ReadOnlySpan<float> values, Span<byte> block)
    {
        const int size = 16;
        Span<float> scales = stackalloc float[Values / size];
        float extreme = 0;
        for (int group = 0; group < scales.Length; group++)
        {
            scales[group] = FitScale(values.Slice(group * size, size), 32);
            extreme = Math.Abs(scales[group]) > Math.Abs(extreme) ? scales[group] : extreme;
        }

        block.Clear();
        Half scale = (Half)(extreme / -128);
        BinaryPrimitives.WriteHalfLittleEndian(block[208..], scale);
        for (int group = 0; group < scales.Length; group++)
        {
            int factor = Code(scales[group], (float)scale, -128, 127);
            block[192 + group] = (byte)(sbyte)factor;
            for (int i = group * size; i < (group + 1) * size; i++)
            {
                int code = Code(values[i], (float)scale * factor, -32, 31) + 32;
                (int half, int quarter, int l) = (i / 128, i % 128 / 32, i % 32);
                block[(64 * half) + (32 * (quarter % 2)) + l] |= (byte)((code & 15) << (quarter < 2 ? 0 : 4));
                block[128 + (32 * half) + l] |= (byte)(code >> 4 << (2 * quarter));
            }
        }
    }

    private static int Code(float value, float step, int least, int most) =>
        step == 0 ? 0 : (int)Math.Clamp(MathF.Round(value / step), least, most);

    /// <summary>Step and floor, neither negative, so that code · step − floor comes closest.</summary>
    private static (float Step, float Floor) FitRange(ReadOnlySpan<float> values, int most)
    {
        const int tries = 21;
        float least = Math.Min(0, TensorPrimitives.Min(values));
        float range = TensorPrimitives.Max(values) - least;
        if (range <= 0)
        {
            return (0, -least);
        }

        float usual = MathF.Sqrt(TensorPrimitives.SumOfSquares(values) / values.Length);
        (float Step, float Floor) best = (range / most, -least);
        double smallest = RangeError(values, usual, best, most);
        for (int i = 0; i < tries; i++)
        {
            float inverse = (most - 1 + (Step * i)) / range;
            (float, float) tried = SolveRange(values, usual, inverse, least, most);
            double error = RangeError(values, usual, tried, most);
            if (error < smallest)
            {
                (smallest, best) = (error, tried);
            }
        }

        return best;
    }

    // The weighted least squares of a coding: value = step · code − floor.
    private static (float Step, float Floor) SolveRange(
        ReadOnlySpan<float> values,
        float usual,
        float inverse,
        float least,
        int most
    )
    {
        double all = 0;
        double codes = 0;
        double squares = 0;
        double sum = 0;
        double products = 0;
        foreach (float value in values)
        {
            double weight = usual + Math.Abs(value);
            double code = Math.Clamp(MathF.Round(inverse * (value - least)), 0, most);
            all += weight;
            codes += weight * code;
            squares += weight * code * code;
            sum += weight * value;
            products += weight * code * value;
        }

        double determinant = (all * squares) - (codes * codes);
        if (determinant <= 0)
        {
            return (1 / inverse, -least);
        }

        double floor = ((codes * products) - (squares * sum)) / determinant;
        double step = ((all * products) - (codes * sum)) / determinant;
        if (floor < 0)
        {
            (step, floor) = (products / squares, 0);
        }

        return ((float)Math.Max(step, 0), (float)floor);
    }

    private static double RangeError(ReadOnlySpan<float> values, float usual, (float Step, float Floor) fit, int most)
    {
        double error = 0;
        foreach (float value in values)
        {
            double difference = (fit.Step * Code(value + fit.Floor, fit.Step, 0, most)) - fit.Floor - value;
            error += (usual + Math.Abs(value)) * difference * difference;
        }

        return error;
    }

    /// <summary>The scale of either sign whose codes from −half to half − 1 come closest.</summary>
    private static float FitScale(ReadOnlySpan<float> values, int half)
    {
        const int tries = 9;
        float extreme = 0;
        foreach (float value in values)
        {
            extreme = Math.Abs(value) > Math.Abs(extreme) ? value : extreme;
        }

        if (Math.Abs(extreme) < 1e-15f)
        {
            return 0;
        }

        float best = 0;
        double largest = 0;
        for (int i = -tries; i <= tries; i++)
        {
            float inverse = -(half + (Step * i)) / extreme;
            double products = 0;
            double squares = 0;
            foreach (float value in values)
            {
                double code = Math.Clamp(MathF.Round(inverse * value), -half, half - 1);
                double weight = (double)value * value;
                products += weight * code * value;
                squares += weight * code * code;
            }

            // What a coding takes off the squared error, with its best scale.
            double gain = squares > 0 ? products * products / squares : 0;
            if (gain > largest)
            {
                (largest, best) = (gain, (float)(products / squares));
            }
        }

        return best;
    }

    private static void PutSixBits(Span<byte> packed, int group, int factor, int offset)
    {
        if (group < 4)
        {
            packed[group] |= (byte)factor;
            packed[group + 4] |= (byte)offset;
            return;
        }

        packed[group + 4] = (byte)((factor & 15) | ((offset & 15) << 4));
        packed[group - 4] |= (byte)(factor >> 4 << 6);
        packed[group] |= (byte)(offset >> 4 << 6);
    }
}

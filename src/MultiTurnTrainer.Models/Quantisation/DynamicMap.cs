namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>
/// bitsandbytes' signed 8-bit map for scales: seven decades of midpoints, twice as many in each as in the one below, with their
/// negatives, 0 and 1. Everything in fp32, as the library's.
/// </summary>
internal static class DynamicMap
{
    private const int Decades = 7;
    private const int MostSteps = 65535;

    /// <summary>The 256 values in order; 0 is the 127th.</summary>
    public static float[] Values { get; } = Make();

    private static readonly float[] _borders = [.. Values.Zip(Values[1..], (low, high) => 0.5f * (low + high))];

    /// <summary>
    /// The place of the value that is nearest to a number from -1 to 1; between two, the lower one. The number is rounded to one of
    /// 65,536 steps first, as on bitsandbytes' CPU, which looks codes up.
    /// </summary>
    public static byte Nearest(float number)
    {
        int step = (int)(((number + 1) * 0.5f * MostSteps) + 0.5f);
        float rounded = -1 + (2f * step / MostSteps);
        int above = Array.BinarySearch(_borders, rounded);
        return (byte)(above < 0 ? ~above : above);
    }

    private static float[] Make()
    {
        List<float> values = [0, 1];
        for (int decade = 0; decade < Decades; decade++)
        {
            float scale = (float)Math.Pow(10, decade - Decades + 1);
            float[] borders = Linear(0.1f, 1, (1 << decade) + 1);
            for (int i = 1; i < borders.Length; i++)
            {
                float middle = (borders[i - 1] + borders[i]) / 2 * scale;
                values.AddRange([middle, -middle]);
            }
        }

        return [.. values.Order()];
    }

    // As torch.linspace: from either end to the middle, rounded once.
    private static float[] Linear(float start, float end, int count)
    {
        float step = (end - start) / (count - 1);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    i < count / 2
                        ? MathF.FusedMultiplyAdd(step, i, start)
                        : MathF.FusedMultiplyAdd(-step, count - 1 - i, end)
                ),
        ];
    }
}

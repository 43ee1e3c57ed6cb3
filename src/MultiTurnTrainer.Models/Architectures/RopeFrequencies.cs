using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Inverse frequencies of rotary position embedding, as HuggingFace's definitions compute them.</summary>
public static class RopeFrequencies
{
    /// <summary>
    /// The <see cref="RopeConfig.Dimensions"/> / 2 inverse frequencies for a sequence of some length, in single
    /// precision as every implementation stores them.
    /// </summary>
    /// <param name="rope">The resolved settings.</param>
    /// <param name="length">The sequence's length; matters to dynamic and longrope only.</param>
    public static float[] ComputeInverse(RopeConfig rope, int length)
    {
        double[] plain = Plain(rope.Theta, rope.Dimensions);
        double[] scaled = rope.Type switch
        {
            RopeType.Linear => [.. plain.Select(frequency => frequency / rope.Factor)],
            RopeType.Dynamic => Dynamic(rope, length),
            RopeType.Llama3 => [.. plain.Select(frequency => Llama3(rope, frequency))],
            RopeType.Yarn => Yarn(rope, plain),
            RopeType.LongRope => LongRope(rope, plain, length),
            RopeType.Proportional =>
            [
                .. plain.Select((frequency, i) => i < rope.TurningPairs ? frequency / rope.Factor : 0),
            ],
            _ => plain,
        };
        return [.. scaled.Select(frequency => (float)frequency)];
    }

    private static double[] Plain(double theta, int dimensions) =>
        [.. Enumerable.Range(0, dimensions / 2).Select(i => Math.Pow(theta, -2.0 * i / dimensions))];

    private static double[] Dynamic(RopeConfig rope, int length)
    {
        double limit = rope.OriginalLength;
        double ratio = Math.Max(length, limit) / limit;
        double growth = (rope.Factor * ratio) - (rope.Factor - 1);
        double exponent = rope.Dimensions / (rope.Dimensions - 2.0);
        return Plain(rope.Theta * Math.Pow(growth, exponent), rope.Dimensions);
    }

    private static double Llama3(RopeConfig rope, double frequency)
    {
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < rope.OriginalLength / rope.HighFrequencyFactor)
        {
            return frequency;
        }

        if (wavelength > rope.OriginalLength / rope.LowFrequencyFactor)
        {
            return frequency / rope.Factor;
        }

        double kept =
            ((rope.OriginalLength / wavelength) - rope.LowFrequencyFactor)
            / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        return ((1 - kept) * frequency / rope.Factor) + (kept * frequency);
    }

    private static double[] Yarn(RopeConfig rope, double[] plain)
    {
        double low = Dimension(rope, rope.BetaFast);
        double high = Dimension(rope, rope.BetaSlow);
        if (rope.Truncate)
        {
            low = Math.Floor(low);
            high = Math.Ceiling(high);
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, rope.Dimensions - 1);
        if (low == high)
        {
            high += 0.001;
        }

        return
        [
            .. plain.Select(
                (frequency, i) =>
                {
                    double divided = Math.Clamp((i - low) / (high - low), 0, 1);
                    return (frequency / rope.Factor * divided) + (frequency * (1 - divided));
                }
            ),
        ];
    }

    /// <summary>The dimension that turns a number of times over the original length.</summary>
    private static double Dimension(RopeConfig rope, double rotations) =>
        rope.Dimensions * Math.Log(rope.OriginalLength / (rotations * 2 * Math.PI)) / (2 * Math.Log(rope.Theta));

    private static double[] LongRope(RopeConfig rope, double[] plain, int length)
    {
        double[] divisors = length > rope.OriginalLength ? rope.LongFactors : rope.ShortFactors;
        return [.. plain.Zip(divisors, (frequency, divisor) => frequency / divisor)];
    }
}

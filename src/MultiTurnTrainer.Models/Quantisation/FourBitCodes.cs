using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>bitsandbytes' tables of 16 values.</summary>
public enum FourBitType
{
    /// <summary>Quantiles of the normal distribution, in order.</summary>
    Nf4,

    /// <summary>A sign and one of eight magnitudes; not OCP's E2M1.</summary>
    Fp4,
}

/// <summary>How weights become codes of 4 bits while they are loaded.</summary>
/// <param name="Type">The table.</param>
/// <param name="DoubleQuantisation">Whether the scales become codes too, of 8 bits.</param>
public sealed record FourBitOptions(FourBitType Type, bool DoubleQuantisation)
{
    /// <summary>The type as people call it, such as <c>nf4</c>.</summary>
    public string Name => Type == FourBitType.Nf4 ? "nf4" : "fp4";

    /// <summary>The same as a model's configuration says it.</summary>
    internal StoredQuantisation Described => new(QuantisationMethod.FourBit, Name);
}

/// <summary>What the codes of a table mean, and which code a number takes.</summary>
internal sealed class FourBitCodes
{
    // As bitsandbytes has them (functional.py, get_4bit_type).
    private static readonly float[] _nf4 =
    [
        -1f,
        -0.6961928009986877f,
        -0.5250730514526367f,
        -0.39491748809814453f,
        -0.28444138169288635f,
        -0.18477343022823334f,
        -0.09105003625154495f,
        0f,
        0.07958029955625534f,
        0.16093020141124725f,
        0.24611230194568634f,
        0.33791524171829224f,
        0.44070982933044434f,
        0.5626170039176941f,
        0.7229568362236023f,
        1f,
    ];

    private static readonly float[] _twelfths = [0, 0.0625f, 8, 12, 4, 6, 2, 3];

    private readonly byte[] _ordered;
    private readonly float[] _borders;

    private FourBitCodes(float[] values)
    {
        Values = values;
        // Of FP4's two zeros, the second one (code 8) stands above the first, as it does on bitsandbytes' CPU.
        _ordered = [.. Enumerable.Range(0, values.Length).OrderBy(code => values[code]).Select(code => (byte)code)];
        _borders = [.. _ordered.Zip(_ordered[1..], (low, high) => (values[low] + values[high]) / 2)];
    }

    public static FourBitCodes Nf4 { get; } = new(_nf4);

    public static FourBitCodes Fp4 { get; } =
        new([.. _twelfths.Select(value => value / 12), .. _twelfths.Select(value => 0 - (value / 12))]);

    /// <summary>The value of each code.</summary>
    public float[] Values { get; }

    public static FourBitCodes Of(FourBitType type) => type == FourBitType.Nf4 ? Nf4 : Fp4;

    /// <summary>The code of a number from -1 to 1; between two, the lower one.</summary>
    public byte Code(float number)
    {
        int low = 0;
        int high = _borders.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (number > _borders[middle])
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return _ordered[low];
    }

    /// <summary>The two values of every byte, the upper four bits first.</summary>
    public static float[] Pairs(ReadOnlySpan<float> values)
    {
        float[] pairs = new float[512];
        for (int code = 0; code < 256; code++)
        {
            pairs[2 * code] = values[code >> 4];
            pairs[(2 * code) + 1] = values[code & 15];
        }

        return pairs;
    }
}

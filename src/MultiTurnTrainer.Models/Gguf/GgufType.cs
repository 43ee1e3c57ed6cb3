namespace MultiTurnTrainer.Models.Gguf;

/// <summary>How the numbers of a tensor are stored; the value is the type's number in the file.</summary>
public enum GgufType
{
    /// <summary>Single precision.</summary>
    F32 = 0,

    /// <summary>Half precision.</summary>
    F16 = 1,

    /// <summary>4 bits and a scale a block of 32.</summary>
    Q4_0 = 2,

    /// <summary>4 bits, a scale and a least value a block of 32.</summary>
    Q4_1 = 3,

    /// <summary>5 bits and a scale a block of 32.</summary>
    Q5_0 = 6,

    /// <summary>5 bits, a scale and a least value a block of 32.</summary>
    Q5_1 = 7,

    /// <summary>8 bits and a scale a block of 32.</summary>
    Q8_0 = 8,

    /// <summary>2 bits, with quantised scales and least values, a block of 256.</summary>
    Q2_K = 10,

    /// <summary>3 bits, with quantised scales, a block of 256.</summary>
    Q3_K = 11,

    /// <summary>4 bits, with quantised scales and least values, a block of 256.</summary>
    Q4_K = 12,

    /// <summary>5 bits, with quantised scales and least values, a block of 256.</summary>
    Q5_K = 13,

    /// <summary>6 bits, with quantised scales, a block of 256.</summary>
    Q6_K = 14,

    /// <summary>4 bits into an uneven table, a block of 32.</summary>
    IQ4_NL = 20,

    /// <summary>4 bits into an uneven table, with quantised scales, a block of 256.</summary>
    IQ4_XS = 23,

    /// <summary>The upper half of single precision.</summary>
    BF16 = 30,

    /// <summary>4-bit floats and an exponent a block of 32.</summary>
    MXFP4 = 39,
}

/// <summary>The sizes of the types.</summary>
public static class GgufTypes
{
    private static readonly Dictionary<GgufType, (int Values, int Bytes)> _blocks = new()
    {
        [GgufType.F32] = (1, 4),
        [GgufType.F16] = (1, 2),
        [GgufType.BF16] = (1, 2),
        [GgufType.Q4_0] = (32, 18),
        [GgufType.Q4_1] = (32, 20),
        [GgufType.Q5_0] = (32, 22),
        [GgufType.Q5_1] = (32, 24),
        [GgufType.Q8_0] = (32, 34),
        [GgufType.Q2_K] = (256, 84),
        [GgufType.Q3_K] = (256, 110),
        [GgufType.Q4_K] = (256, 144),
        [GgufType.Q5_K] = (256, 176),
        [GgufType.Q6_K] = (256, 210),
        [GgufType.IQ4_NL] = (32, 18),
        [GgufType.IQ4_XS] = (256, 136),
        [GgufType.MXFP4] = (32, 17),
    };

    /// <summary>The types that are read.</summary>
    public static IEnumerable<GgufType> Known => _blocks.Keys;

    /// <summary>Whether mtt reads a type.</summary>
    public static bool IsKnown(this GgufType type) => _blocks.ContainsKey(type);

    /// <summary>Values that a block holds.</summary>
    public static int BlockValues(this GgufType type) => _blocks[type].Values;

    /// <summary>Bytes that a block takes.</summary>
    public static int BlockBytes(this GgufType type) => _blocks[type].Bytes;
}

namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>The element types of the format, in the order the reference writer sorts by (larger values are written first).</summary>
public enum SafetensorsType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>4-bit float, two a byte.</summary>
    F4,

    /// <summary>6-bit float, 2 exponent and 3 mantissa bits.</summary>
    F6E2M3,

    /// <summary>6-bit float, 3 exponent and 2 mantissa bits.</summary>
    F6E3M2,

    /// <summary>Unsigned byte.</summary>
    U8,

    /// <summary>Signed byte.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 exponent bits.</summary>
    F8E4M3,

    /// <summary>8-bit exponent.</summary>
    F8E8M0,

    /// <summary>8-bit float, 4 exponent bits, no negative zero.</summary>
    F8E4M3FNUZ,

    /// <summary>8-bit float, 5 exponent bits, no negative zero.</summary>
    F8E5M2FNUZ,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>16-bit unsigned integer.</summary>
    U16,

    /// <summary>IEEE half.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>32-bit unsigned integer.</summary>
    U32,

    /// <summary>IEEE single.</summary>
    F32,

    /// <summary>Complex of two singles.</summary>
    C64,

    /// <summary>IEEE double.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>64-bit unsigned integer.</summary>
    U64,
}

/// <summary>Names and sizes of the element types.</summary>
public static class SafetensorsTypes
{
    private static readonly (string Name, int Bits)[] _table =
    [
        ("BOOL", 8),
        ("F4", 4),
        ("F6_E2M3", 6),
        ("F6_E3M2", 6),
        ("U8", 8),
        ("I8", 8),
        ("F8_E5M2", 8),
        ("F8_E4M3", 8),
        ("F8_E8M0", 8),
        ("F8_E4M3FNUZ", 8),
        ("F8_E5M2FNUZ", 8),
        ("I16", 16),
        ("U16", 16),
        ("F16", 16),
        ("BF16", 16),
        ("I32", 32),
        ("U32", 32),
        ("F32", 32),
        ("C64", 64),
        ("F64", 64),
        ("I64", 64),
        ("U64", 64),
    ];

    /// <summary>The name in a header, such as <c>BF16</c>.</summary>
    public static string Name(this SafetensorsType type) => _table[(int)type].Name;

    /// <summary>The size of one element in bits.</summary>
    public static int Bits(this SafetensorsType type) => _table[(int)type].Bits;

    /// <summary>The type with a header name, or null where the format knows none.</summary>
    public static SafetensorsType? Parse(string name)
    {
        int index = Array.FindIndex(_table, row => row.Name == name);
        return index < 0 ? null : (SafetensorsType)index;
    }
}

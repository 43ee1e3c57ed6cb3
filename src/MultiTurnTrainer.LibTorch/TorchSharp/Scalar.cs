namespace TorchSharp;

/// <summary>A number given to an operator: whole or floating.</summary>
public sealed class Scalar
{
    private Scalar(bool integer, long bits)
    {
        IsInteger = integer;
        Bits = bits;
    }

    internal bool IsInteger { get; }

    // The whole number, or the double's bits.
    internal long Bits { get; }

    /// <summary>Wraps a whole number.</summary>
    public static implicit operator Scalar(int value) => new(true, value);

    /// <summary>Wraps a whole number.</summary>
    public static implicit operator Scalar(long value) => new(true, value);

    /// <summary>Wraps a number.</summary>
    public static implicit operator Scalar(float value) => new(false, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Wraps a number.</summary>
    public static implicit operator Scalar(double value) => new(false, BitConverter.DoubleToInt64Bits(value));
}

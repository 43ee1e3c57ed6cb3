using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>What an argument is; the numbers are those of Cpp/operators.h.</summary>
internal enum ValueKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    IntList = 5,
    DoubleList = 6,
    TensorList = 7,
    String = 8,
    Device = 9,
    Default = 10,
}

/// <summary>An argument or a result as it crosses the border.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct NativeValue
{
    [FieldOffset(0)]
    public int Kind;

    [FieldOffset(4)]
    public int Count;

    [FieldOffset(8)]
    public long Bits;

    [FieldOffset(8)]
    public double Double;

    [FieldOffset(8)]
    public nint Pointer;
}

/// <summary>An argument of an operator: anything a schema may ask for, by implicit conversion.</summary>
internal readonly struct Argument
{
    private Argument(ValueKind kind, long bits, object? reference = null)
    {
        Kind = kind;
        Bits = bits;
        Reference = reference;
    }

    public ValueKind Kind { get; }

    public long Bits { get; }

    public object? Reference { get; }

    public static implicit operator Argument(torch.Tensor? value) =>
        value is null ? default : new(ValueKind.Tensor, 0, value);

    public static implicit operator Argument(long value) => new(ValueKind.Int, value);

    public static implicit operator Argument(int value) => new(ValueKind.Int, value);

    public static implicit operator Argument(long? value) => value is { } given ? new(ValueKind.Int, given) : default;

    public static implicit operator Argument(double value) =>
        new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(bool value) => new(ValueKind.Bool, value ? 1 : 0);

    public static implicit operator Argument(long[]? value) =>
        value is null ? default : new(ValueKind.IntList, 0, value);

    public static implicit operator Argument(torch.Tensor?[]? value) =>
        value is null ? default : new(ValueKind.TensorList, 0, value);

    public static implicit operator Argument(string? value) =>
        value is null ? default : new(ValueKind.String, 0, value);

    public static implicit operator Argument(torch.ScalarType value) => new(ValueKind.Int, (long)value);

    public static implicit operator Argument(torch.ScalarType? value) =>
        value is { } given ? new(ValueKind.Int, (long)given) : default;

    public static implicit operator Argument(torch.Device? value) =>
        value is null ? default : new(ValueKind.Device, value.Packed);

    public static implicit operator Argument(Scalar? value) =>
        value is null ? default
        : value.IsInteger ? new(ValueKind.Int, value.Bits)
        : new(ValueKind.Double, value.Bits);
}

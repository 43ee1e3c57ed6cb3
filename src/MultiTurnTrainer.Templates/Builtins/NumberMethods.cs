using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The attributes of numbers and booleans.</summary>
internal static class NumberMethods
{
    private static readonly Builtin _bitLength = new("bit_length", "/", (_, a) => BitLength(a[0]!));
    private static readonly Builtin _conjugate = new("conjugate", "/", (_, a) => Whole(a[0]!));
    private static readonly Builtin _isInteger = new("is_integer", "/", (_, a) => IsInteger((FloatValue)a[0]!));

    /// <summary>An attribute, or null.</summary>
    public static Value? Find(Value number, string name) =>
        (name, number) switch
        {
            ("real", _) => Whole(number),
            ("imag", FloatValue) => FloatValue.Of(0),
            ("imag", _) => IntValue.Of(0),
            ("conjugate", _) => new FunctionValue(_conjugate, number),
            ("is_integer", FloatValue) => new FunctionValue(_isInteger, number),
            ("numerator", not FloatValue) => Whole(number),
            ("denominator", not FloatValue) => IntValue.Of(1),
            ("bit_length", not FloatValue) => new FunctionValue(_bitLength, number),
            _ => null,
        };

    private static Value Whole(Value number) =>
        number is BoolValue && Numbers.TryInt(number, out BigInteger value) ? IntValue.Of(value) : number;

    private static IntValue BitLength(Value number)
    {
        Numbers.TryInt(number, out BigInteger value);
        value = BigInteger.Abs(value);
        return IntValue.Of(value.IsZero ? 0 : value.GetBitLength());
    }

    private static BoolValue IsInteger(FloatValue number) =>
        BoolValue.Of(double.IsFinite(number.Number) && number.Number == Math.Floor(number.Number));
}

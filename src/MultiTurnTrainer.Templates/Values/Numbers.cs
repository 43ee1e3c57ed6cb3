namespace MultiTurnTrainer.Templates.Values;

/// <summary>Python's arithmetic: ints of any size, floor division, booleans that count as 0 and 1.</summary>
internal static class Numbers
{
    /// <summary>Whether a value takes part in arithmetic.</summary>
    public static bool IsNumber(Value value) => value is IntValue or FloatValue or BoolValue;

    /// <summary>The value as an int, for int and bool.</summary>
    public static bool TryInt(Value value, out BigInteger number)
    {
        number = value switch
        {
            IntValue i => i.Big,
            BoolValue b => b.Truthy ? 1 : 0,
            _ => 0,
        };
        return value is IntValue or BoolValue;
    }

    /// <summary>The value as a 64-bit index, for int and bool that fit.</summary>
    public static bool TryIndex(Value value, out long index)
    {
        index = value switch
        {
            IntValue { IsBig: true } i => i.Big.Sign < 0 ? long.MinValue / 2 : long.MaxValue / 2,
            IntValue i => i.Small,
            BoolValue { Truthy: true } => 1,
            _ => 0,
        };
        return value is IntValue or BoolValue;
    }

    /// <summary>The value as an int argument, or a TypeError.</summary>
    public static int ToCount(Value value, int max)
    {
        if (!TryIndex(value, out long index))
        {
            throw TemplateException.Type($"'{value.TypeName}' object cannot be interpreted as an integer");
        }

        return (int)Math.Clamp(index, int.MinValue, max);
    }

    /// <summary>The value as a float.</summary>
    public static double ToDouble(Value value)
    {
        double number = value switch
        {
            FloatValue f => f.Number,
            IntValue { IsBig: false } i => i.Small,
            IntValue i => (double)i.Big,
            _ => value.Truthy ? 1 : 0,
        };
        return value is IntValue && double.IsInfinity(number)
            ? throw TemplateException.Type("int too large to convert to float")
            : number;
    }

    /// <summary>chr(n).</summary>
    public static StrValue Character(BigInteger code) =>
        code >= 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF)
            ? StrValue.Computed(char.ConvertFromUtf32((int)code))
            : throw TemplateException.Type("%c arg not in range(0x110000), or half of a surrogate pair");

    /// <summary>a == b across int, float and bool.</summary>
    public static bool Equal(Value a, Value b) => IsNumber(a) && IsNumber(b) && Compare(a, b) == 0;

    /// <summary>The order of two numbers; null when one is not a number (NaN).</summary>
    public static int? Compare(Value a, Value b)
    {
        if (a is IntValue { IsBig: false } x && b is IntValue { IsBig: false } y)
        {
            return x.Small.CompareTo(y.Small);
        }

        RenderBudget.Spend(4);
        if (TryInt(a, out BigInteger m) && TryInt(b, out BigInteger n))
        {
            return m.CompareTo(n);
        }

        double p = a is FloatValue f ? f.Number : double.NaN;
        double q = b is FloatValue g ? g.Number : double.NaN;
        if (a is FloatValue && b is FloatValue)
        {
            return double.IsNaN(p) || double.IsNaN(q) ? null : p.CompareTo(q);
        }

        double real = a is FloatValue ? p : q;
        TryInt(a is FloatValue ? b : a, out BigInteger whole);
        if (double.IsNaN(real))
        {
            return null;
        }

        int order =
            double.IsInfinity(real) ? (real > 0 ? 1 : -1)
            : new BigInteger(Math.Floor(real)) is var floor && floor != whole ? floor.CompareTo(whole)
            : real > Math.Floor(real) ? 1
            : 0;
        return a is FloatValue ? order : -order;
    }

    /// <summary>a + b, a - b, a * b, a / b, a // b, a % b or a ** b of two numbers.</summary>
    public static Value Apply(char op, Value a, Value b)
    {
        if (a is FloatValue || b is FloatValue || op == '/')
        {
            return FloatValue.Of(Real(op, a, b));
        }

        if (a is IntValue { IsBig: false } x && b is IntValue { IsBig: false } y && op is '+' or '-')
        {
            long right = ((IntValue)b).Small;
            long left = ((IntValue)a).Small;
            long sum = op == '+' ? unchecked(left + right) : unchecked(left - right);
            bool overflow = op == '+' ? ((left ^ sum) & (right ^ sum)) < 0 : ((left ^ right) & (left ^ sum)) < 0;
            if (!overflow)
            {
                return IntValue.Of(sum);
            }
        }

        TryInt(a, out BigInteger m);
        TryInt(b, out BigInteger n);
        RenderBudget.Product(m.GetBitLength() + 1000, n.GetBitLength() + 1000);
        switch (op)
        {
            case '+':
                return IntValue.Of(m + n);
            case '-':
                return IntValue.Of(m - n);
            case '*':
                Bound(m.GetBitLength() + n.GetBitLength());
                return IntValue.Of(m * n);
            case 'f':
                return IntValue.Of(FloorDivide(m, n).Quotient);
            case '%':
                return IntValue.Of(FloorDivide(m, n).Remainder);
            default:
                if (n.Sign < 0)
                {
                    return FloatValue.Of(Real(op, a, b));
                }

                if (m.IsOne || m.IsZero || m == BigInteger.MinusOne)
                {
                    return IntValue.Of(
                        n.IsZero ? BigInteger.One
                        : m.Sign < 0 && n.IsEven ? BigInteger.One
                        : m
                    );
                }

                Bound(n > Limits.MaxBits ? long.MaxValue : m.GetBitLength() * (long)n);
                RenderBudget.Product(m.GetBitLength() * (long)n, m.GetBitLength() * (long)n);
                return IntValue.Of(BigInteger.Pow(m, (int)n));
        }
    }

    private static double Real(char op, Value a, Value b)
    {
        double x = ToDouble(a);
        double y = ToDouble(b);
        switch (op)
        {
            case '+':
                return x + y;
            case '-':
                return x - y;
            case '*':
                return x * y;
            case '/':
                return y == 0
                    ? throw TemplateException.Type(
                        a is FloatValue || b is FloatValue ? "float division by zero" : "division by zero"
                    )
                    : Divide(a, b, x, y);
            case 'f':
                return y == 0
                    ? throw TemplateException.Type("float floor division by zero")
                    : Math.Floor(Quotient(x, y));
            case '%':
                return y == 0 ? throw TemplateException.Type("float modulo") : Modulo(x, y);
            default:
                if (x == 0 && y < 0)
                {
                    throw TemplateException.Type("0.0 cannot be raised to a negative power");
                }

                double power = Math.Pow(x, y);
                return double.IsInfinity(power) && double.IsFinite(x) && double.IsFinite(y)
                        ? throw TemplateException.Type("(34, 'Numerical result out of range')")
                    : double.IsNaN(power) && x < 0 ? throw TemplateException.Type("complex numbers are not supported")
                    : power;
        }
    }

    private static double Divide(Value a, Value b, double x, double y)
    {
        // int / int is correctly rounded even beyond 2^53.
        if (a is IntValue i && b is IntValue j && (Math.Abs(x) > 9e15 || Math.Abs(y) > 9e15))
        {
            BigInteger rest = BigInteger.Remainder(i.Big, j.Big);
            if (rest.IsZero)
            {
                return (double)(i.Big / j.Big);
            }
        }

        return x / y;
    }

    private static double Modulo(double x, double y)
    {
        double rest = x % y;
        if (rest != 0)
        {
            return (y < 0) != (rest < 0) ? rest + y : rest;
        }

        return Math.CopySign(0.0, y);
    }

    private static double Quotient(double x, double y)
    {
        double rest = x % y;
        double quotient = (x - rest) / y;
        if (rest != 0 && (y < 0) != (rest < 0))
        {
            quotient -= 1;
        }

        if (quotient == 0)
        {
            return Math.CopySign(0.0, x / y);
        }

        double floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static (BigInteger Quotient, BigInteger Remainder) FloorDivide(BigInteger m, BigInteger n)
    {
        if (n.IsZero)
        {
            throw TemplateException.Type("integer division or modulo by zero");
        }

        BigInteger quotient = BigInteger.DivRem(m, n, out BigInteger rest);
        return !rest.IsZero && (rest.Sign < 0) != (n.Sign < 0) ? (quotient - 1, rest + n) : (quotient, rest);
    }

    private static void Bound(long bits)
    {
        if (bits > Limits.MaxBits)
        {
            throw TemplateException.Type("the number grew too large");
        }
    }
}

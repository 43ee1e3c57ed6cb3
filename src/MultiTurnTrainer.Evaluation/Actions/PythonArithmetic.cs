using System.Numerics;

namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>Sums and products of Python's numbers; texts can be joined.</summary>
internal static class PythonArithmetic
{
    private const int MaxExponent = 1000;

    /// <summary>Applies one sign.</summary>
    /// <exception cref="FormatException">The values have no such operation.</exception>
    public static object Apply(string sign, object? left, object? right)
    {
        if (sign == "+" && left is string text && right is string more)
        {
            return text + more;
        }

        return left is double || right is double || sign == "/"
            ? Apply(sign, Real(left), Real(right))
            : PythonLexer.Whole(Apply(sign, Whole(left), Whole(right)));
    }

    private static double Apply(string sign, double left, double right) =>
        sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "**" => Math.Pow(left, right),
            _ when right == 0 => throw new FormatException("a division by zero"),
            "/" => left / right,
            "//" => Math.Floor(left / right),
            _ => left - (right * Math.Floor(left / right)),
        };

    private static BigInteger Apply(string sign, BigInteger left, BigInteger right)
    {
        switch (sign)
        {
            case "+":
                return left + right;
            case "-":
                return left - right;
            case "*":
                return left * right;
            case "**":
                return right >= 0 && right <= MaxExponent && BigInteger.Abs(left) <= MaxExponent
                    ? BigInteger.Pow(left, (int)right)
                    : throw new FormatException("a power that is too large");
        }

        if (right.IsZero)
        {
            throw new FormatException("a division by zero");
        }

        // Python rounds a quotient down, not towards zero.
        BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger rest);
        bool below = !rest.IsZero && rest.Sign != right.Sign;
        return sign == "//" ? quotient - (below ? 1 : 0) : rest + (below ? right : 0);
    }

    private static BigInteger Whole(object? value) =>
        value switch
        {
            long number => number,
            BigInteger number => number,
            bool truth => truth ? 1 : 0,
            _ => throw new FormatException("no number"),
        };

    private static double Real(object? value) => value is double number ? number : (double)Whole(value);
}

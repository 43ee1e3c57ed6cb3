namespace MultiTurnTrainer.Cli;

/// <summary>The bounds of the numbers on a command line, checked before anything runs.</summary>
internal static class NumberBounds
{
    /// <summary>As a lower bound: any number above 0.</summary>
    public const double AboveZero = double.Epsilon;

    /// <summary>Refuses numbers below a bound, and infinity.</summary>
    public static Option<T> AtLeast<T>(this Option<T> option, double least) => option.Between(least, double.MaxValue);

    /// <summary>Refuses numbers outside a range.</summary>
    public static Option<T> Between<T>(this Option<T> option, double least, double most)
    {
        option.Validators.Add(result =>
        {
            // What is no number is refused by its type.
            if (
                result.Tokens is [var token]
                && double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && !(value >= least && value <= most)
            )
            {
                result.AddError($"{option.Name} {token.Value}: must {Describe(least, most)}");
            }
        });
        return option;
    }

    /// <summary>Refuses what the settings file refuses for the same setting.</summary>
    /// <typeparam name="T">The option's type.</typeparam>
    /// <typeparam name="TSettings">The section.</typeparam>
    public static Option<T> As<T, TSettings>(this Option<T> option, string property)
    {
        var range = (RangeAttribute)
            Attribute.GetCustomAttribute(typeof(TSettings).GetProperty(property)!, typeof(RangeAttribute))!;
        return option.Between(
            Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture),
            Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture)
        );
    }

    private static string Describe(double least, double most) =>
        (least, most) switch
        {
            (AboveZero, double.MaxValue) => "be above 0",
            (AboveZero, _) => Invariant($"be above 0 and at most {most:#,0.##}"),
            (_, double.MaxValue) => Invariant($"be at least {least:#,0.##}"),
            _ => Invariant($"lie between {least:#,0.##} and {most:#,0.##}"),
        };
}

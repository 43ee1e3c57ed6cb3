namespace MultiTurnTrainer.Files.Pages;

/// <summary>From where to where an axis goes, and its ticks. <c>curves.js</c> has the same rules.</summary>
/// <param name="Low">Its start.</param>
/// <param name="High">Its end, which is more.</param>
internal readonly record struct PlotAxis(double Low, double High)
{
    // Differences below this share of the values themselves are rounding, not a curve.
    private const double Noise = 1e-6;

    // A value this near to 0 on the other side of it is 0.
    private const double Zero = 1e-8;
    private const double Most = 1e300;
    private const int Parts = 6;

    /// <summary>The axis of some values, with a margin of a fiftieth; one value alone stands in the middle of it.</summary>
    public static PlotAxis Of(double low, double high)
    {
        (low, high) = (Math.Clamp(low, -Most, Most), Math.Clamp(high, -Most, Most));
        if (low < 0 && -low <= Math.Max(Zero, Noise * high))
        {
            (low, high) = (0, high <= Zero ? 0 : high);
        }

        if (high - low > Noise * Math.Max(Math.Abs(low), Math.Abs(high)))
        {
            double margin = (high - low) * 0.02;
            // What is never negative has no axis that is, and the other way round.
            return new PlotAxis(
                low >= 0 ? Math.Max(0, low - margin) : low - margin,
                high <= 0 ? Math.Min(0, high + margin) : high + margin
            );
        }

        double around = high == 0 ? 1 : Math.Abs(high) * 0.1;
        return new PlotAxis(high == 0 ? 0 : high - around, high + around);
    }

    /// <summary>The size between two ticks: 1, 2 or 5 times a power of ten.</summary>
    public double Step
    {
        get
        {
            double rough = (High - Low) / Parts;
            double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            return new[] { 1.0, 2, 5, 10 }.Select(factor => factor * power).First(size => size >= rough * 0.999);
        }
    }

    /// <summary>The ticks with what is written beside them.</summary>
    /// <param name="whole">Whether only whole numbers have one, as steps and turns do.</param>
    public IReadOnlyList<(double At, string Label)> Ticks(bool whole = false)
    {
        double step = whole ? Math.Max(1, Step) : Step;
        List<(double, string)> ticks = [];
        for (double number = Math.Ceiling((Low / step) - 1e-9); number * step <= High + (step * 1e-9); number++)
        {
            double tick = number == 0 ? 0 : number * step;
            ticks.Add((tick, Label(tick, step, Math.Max(Math.Abs(Low), Math.Abs(High)))));
        }

        return ticks;
    }

    // Neighbouring ticks never read the same, and a label stays short: 0.25, 1,500, 120k, 2.5M, 2e-4.
    private static string Label(double tick, double step, double most)
    {
        if (tick == 0)
        {
            return "0";
        }

        (double unit, string suffix) =
            most >= 1e15 || most < 1e-3 ? (0, "")
            : most >= 1e9 ? (1e9, "G")
            : most >= 1e6 ? (1e6, "M")
            : most >= 1e5 ? (1e3, "k")
            : (1, "");
        if (unit == 0)
        {
            int digits = Math.Max(0, Magnitude(Math.Abs(tick)) - Magnitude(step));
            return tick.ToString($"0.{new string('#', digits)}e0", CultureInfo.InvariantCulture);
        }

        int decimals = Math.Max(0, -Magnitude(step / unit));
        return (tick / unit).ToString($"N{decimals}", CultureInfo.InvariantCulture) + suffix;
    }

    private static int Magnitude(double value) => (int)Math.Floor(Math.Log10(value) + 1e-9);
}

namespace MultiTurnTrainer.Files.Pages;

/// <summary>How a series is drawn.</summary>
public enum PlotMark
{
    /// <summary>A line.</summary>
    Line,

    /// <summary>A thin, pale line behind the others.</summary>
    Faint,

    /// <summary>A line with a dot at each point.</summary>
    Dots,

    /// <summary>A dot at each point, without a line.</summary>
    Points,

    /// <summary>A bar at each point; the bars of several series stand side by side.</summary>
    Bars,
}

/// <summary>A point of a series.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">How much.</param>
/// <param name="Tip">What the pointer shows; null for the numbers.</param>
public readonly record struct PlotPoint(double X, double Y, string? Tip = null);

/// <summary>One series of a plot.</summary>
/// <param name="Name">Shown in the legend where there are several.</param>
/// <param name="Points">Finite, x ascending.</param>
/// <param name="Mark">How it is drawn.</param>
public sealed record PlotSeries(string Name, IReadOnlyList<PlotPoint> Points, PlotMark Mark = PlotMark.Line)
{
    /// <summary>
    /// The same with at most four points for each of so many equal stretches of x: the first, the lowest, the highest and the last, so
    /// that no peak is lost.
    /// </summary>
    /// <param name="stretches">As many as a picture has columns.</param>
    internal PlotSeries Thinned(int stretches)
    {
        if (Points.Count <= 4 * stretches)
        {
            return this;
        }

        double low = Points[0].X;
        double width = Math.Max((Points[^1].X - low) / stretches, double.Epsilon);
        return this with
        {
            Points =
            [
                .. Points
                    .GroupBy(point => Math.Min(stretches - 1, (int)((point.X - low) / width)))
                    .SelectMany(group =>
                        new[] { group.First(), group.MinBy(p => p.Y), group.MaxBy(p => p.Y), group.Last() }
                            .Distinct()
                            .OrderBy(point => point.X)
                    ),
            ],
        };
    }
}

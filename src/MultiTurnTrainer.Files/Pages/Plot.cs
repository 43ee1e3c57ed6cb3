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
public sealed record PlotSeries(string Name, IReadOnlyList<PlotPoint> Points, PlotMark Mark = PlotMark.Line);

/// <summary>Draws series as inline SVG with axes, a grid and a legend; colours come from <see cref="HtmlPage"/>.</summary>
/// <param name="title">The caption.</param>
/// <param name="series">What is drawn; the plot is empty text where no series has a point.</param>
public sealed class Plot(string title, params IReadOnlyList<PlotSeries> series)
{
    // Little wider than the narrowest column it stands in, so that its text keeps its size there.
    private const double Width = 440;
    private const double Height = 250;
    private const double Left = 62;
    private const double Right = 12;

    private double _xLow;
    private double _xHigh;
    private double _yLow;
    private double _yHigh;

    /// <summary>What the x axis counts, with its unit; null where its labels say so.</summary>
    public string? XTitle { get; init; }

    /// <summary>What the y axis counts, with its unit; null where the caption says so.</summary>
    public string? YTitle { get; init; }

    /// <summary>Labels of the x axis in place of whole numbers: where, and what.</summary>
    public IReadOnlyList<(double X, string Label)>? XLabels { get; init; }

    /// <summary>Whether the y axis is logarithmic: y counts powers of ten of y + 1.</summary>
    public bool LogY { get; init; }

    private double Top => YTitle is null ? 14 : 32;

    private double Bottom => XTitle is null ? 28 : 46;

    /// <summary>The figure.</summary>
    public string Draw()
    {
        PlotPoint[] all = [.. series.SelectMany(line => line.Points)];
        if (all.Length == 0)
        {
            return "";
        }

        bool bars = series.Any(line => line.Mark == PlotMark.Bars);
        Scale(all, bars);
        StringBuilder svg = new();
        Append(svg, $"<figure><figcaption>{HtmlPage.Escape(title)}</figcaption>");
        Append(svg, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlPage.Escape(title)}\">");
        foreach (double tick in YTicks())
        {
            double y = Y(tick);
            Append(svg, $"<line class=\"rule\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:F1}\" y2=\"{y:F1}\"/>");
            Append(svg, $"<text x=\"{Left - 6}\" y=\"{y + 4:F1}\" text-anchor=\"end\">{Label(tick)}</text>");
        }

        AppendTitles(svg);
        foreach ((double x, string label) in XLabels ?? [.. WholeTicks()])
        {
            // A long label at the right end must not leave the picture.
            string anchor = label.Length > 8 && X(x) > Width * 0.8 ? "end" : "middle";
            Append(
                svg,
                $"<text x=\"{X(x):F1}\" y=\"{Height - Bottom + 18:F1}\" text-anchor=\"{anchor}\">{HtmlPage.Escape(label)}</text>"
            );
        }

        int colour = 0;
        for (int i = 0; i < series.Count; i++)
        {
            string style = series[i].Mark == PlotMark.Faint ? "faint" : Invariant($"c{colour++ % 6}");
            if (bars)
            {
                AppendBars(svg, i, style);
            }
            else
            {
                AppendLine(svg, series[i], style);
            }
        }

        return svg.Append("</svg>").Append(Legend()).Append("</figure>\n").ToString();
    }

    private void AppendTitles(StringBuilder svg)
    {
        if (YTitle is { } y)
        {
            Append(svg, $"<text x=\"2\" y=\"14\">{HtmlPage.Escape(y)}</text>");
        }

        if (XTitle is { } x)
        {
            double middle = (Left + Width - Right) / 2;
            Append(
                svg,
                $"<text x=\"{middle:F1}\" y=\"{Height - 6}\" text-anchor=\"middle\">{HtmlPage.Escape(x)}</text>"
            );
        }
    }

    private void Scale(PlotPoint[] all, bool bars)
    {
        (_xLow, _xHigh) = bars
            ? (all.Min(point => point.X) - 0.5, all.Max(point => point.X) + 0.5)
            : Widen(all.Min(point => point.X), all.Max(point => point.X));
        (_yLow, _yHigh) =
            LogY ? (0, Math.Log10(Math.Max(10, all.Max(point => point.Y) + 1)))
            : bars ? (0, Math.Max(all.Max(point => point.Y), 1e-9))
            : Widen(all.Min(point => point.Y), all.Max(point => point.Y));
    }

    private double X(double x) => Left + ((x - _xLow) / (_xHigh - _xLow) * (Width - Left - Right));

    private double Y(double y)
    {
        double value = LogY ? Math.Log10(y + 1) : y;
        return Height - Bottom - ((value - _yLow) / (_yHigh - _yLow) * (Height - Top - Bottom));
    }

    private void AppendLine(StringBuilder svg, PlotSeries line, string style)
    {
        string points = string.Join(' ', line.Points.Select(point => Invariant($"{X(point.X):F1},{Y(point.Y):F1}")));
        if (line.Mark != PlotMark.Points)
        {
            Append(svg, $"<polyline class=\"{style}\" points=\"{points}\"/>");
        }

        foreach (PlotPoint point in line.Mark is PlotMark.Dots or PlotMark.Points ? line.Points : [])
        {
            Append(
                svg,
                $"<circle class=\"{style}\" cx=\"{X(point.X):F1}\" cy=\"{Y(point.Y):F1}\" r=\"3\"><title>{Tip(point)}</title></circle>"
            );
        }
    }

    private void AppendBars(StringBuilder svg, int number, string style)
    {
        double width = (X(1) - X(0)) * (series.Count == 1 ? 0.95 : 0.8) / series.Count;
        foreach (PlotPoint point in series[number].Points)
        {
            double x = X(point.X) + ((number - (series.Count / 2.0)) * width);
            double y = Y(point.Y);
            Append(
                svg,
                $"<rect class=\"bar {style}\" x=\"{x:F1}\" y=\"{y:F1}\" width=\"{Math.Max(0.5, width - 0.5):F1}\" height=\"{Height - Bottom - y:F1}\"><title>{Tip(point)}</title></rect>"
            );
        }
    }

    private string Legend()
    {
        if (series.Count < 2)
        {
            return "";
        }

        int colour = 0;
        IEnumerable<string> items = series.Select(line =>
            Invariant(
                $"<span class=\"{(line.Mark == PlotMark.Faint ? "faint" : Invariant($"c{colour++ % 6}"))}\">{HtmlPage.Escape(line.Name)}</span>"
            )
        );
        return $"<p class=\"legend\">{string.Concat(items)}</p>";
    }

    private IEnumerable<double> YTicks() =>
        LogY ? Enumerable.Range(1, (int)_yHigh).Select(power => Math.Pow(10, power)) : Ticks(_yLow, _yHigh);

    private IEnumerable<(double, string)> WholeTicks() =>
        Ticks(_xLow, _xHigh)
            .Where(tick => Math.Abs(tick - Math.Round(tick)) < 1e-9)
            .Select(tick => (tick, Invariant($"{tick:G6}")));

    private static string Tip(PlotPoint point) =>
        HtmlPage.Escape(point.Tip ?? Invariant($"{point.X:G6}: {point.Y:G6}"));

    private static (double Low, double High) Widen(double low, double high)
    {
        // Of one value alone the axis shows a tenth of it around it; of 0 alone it goes to 1.
        double margin =
            high > low ? (high - low) * 0.02
            : high == 0 ? 1
            : Math.Abs(high) * 0.1;
        // What is never negative has no axis that is.
        return (low >= 0 ? Math.Max(0, low - margin) : low - margin, high + margin);
    }

    private static string Label(double tick) =>
        Math.Abs(tick) >= 1000 ? Invariant($"{tick:N0}")
        : Math.Abs(tick) is > 0 and < 1e-3 ? Invariant($"{tick:0.##e0}")
        : Invariant($"{tick:G4}");

    private static IEnumerable<double> Ticks(double low, double high)
    {
        double rough = (high - low) / 5;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1.0, 2, 5, 10 }.Select(factor => factor * power).First(size => size >= rough * 0.999);
        for (double tick = Math.Ceiling(low / step) * step; tick <= high; tick += step)
        {
            yield return Math.Abs(tick) < step * 1e-9 ? 0 : tick;
        }
    }

    private static void Append(StringBuilder svg, FormattableString piece) => svg.Append(Invariant(piece));
}

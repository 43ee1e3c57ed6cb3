using System.Text;
using static System.FormattableString;

namespace MultiTurnTrainer.Training.Report;

/// <summary>A line of a chart.</summary>
/// <param name="Name">Shown in the legend.</param>
/// <param name="Points">Finite x and y, x ascending.</param>
/// <param name="Faint">Drawn thin and pale, behind the others.</param>
/// <param name="Dots">Drawn with a dot at each point.</param>
internal sealed record ChartSeries(
    string Name,
    IReadOnlyList<(double X, double Y)> Points,
    bool Faint = false,
    bool Dots = false
);

/// <summary>Draws line charts as inline SVG; colours come from the page's style sheet.</summary>
internal static class LineChart
{
    private const double Width = 640;
    private const double Height = 260;
    private const double Left = 56;
    private const double Right = 12;
    private const double Top = 14;
    private const double Bottom = 30;

    /// <summary>The chart, with a title, axes, a grid and a legend where there is more than one line.</summary>
    public static string Draw(string title, IReadOnlyList<ChartSeries> series)
    {
        (double X, double Y)[] all = [.. series.SelectMany(line => line.Points)];
        if (all.Length == 0)
        {
            return "";
        }

        (double xLow, double xHigh) = Widen(all.Min(p => p.X), all.Max(p => p.X));
        (double yLow, double yHigh) = Widen(all.Min(p => p.Y), all.Max(p => p.Y));
        double X(double x) => Left + ((x - xLow) / (xHigh - xLow) * (Width - Left - Right));
        double Y(double y) => Height - Bottom - ((y - yLow) / (yHigh - yLow) * (Height - Top - Bottom));

        StringBuilder svg = new();
        svg.Append(Invariant($"<figure><figcaption>{Html.Escape(title)}</figcaption>"));
        svg.Append(
            Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Html.Escape(title)}\">")
        );
        foreach (double tick in Ticks(yLow, yHigh))
        {
            svg.Append(
                Invariant(
                    $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):F1}\" y2=\"{Y(tick):F1}\"/>"
                )
            );
            svg.Append(
                Invariant($"<text x=\"{Left - 6}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\">{Label(tick)}</text>")
            );
        }

        // Steps and turns are whole.
        foreach (double tick in Ticks(xLow, xHigh).Where(tick => Math.Abs(tick - Math.Round(tick)) < 1e-9))
        {
            svg.Append(
                Invariant($"<text x=\"{X(tick):F1}\" y=\"{Height - 10}\" text-anchor=\"middle\">{tick:G6}</text>")
            );
        }

        int colour = 0;
        foreach (ChartSeries line in series)
        {
            string points = string.Join(' ', line.Points.Select(p => Invariant($"{X(p.X):F1},{Y(p.Y):F1}")));
            string kind = line.Faint ? "faint" : Invariant($"c{colour++ % 6}");
            svg.Append(Invariant($"<polyline class=\"{kind}\" points=\"{points}\"/>"));
            if (line.Dots)
            {
                foreach ((double x, double y) in line.Points)
                {
                    svg.Append(
                        Invariant(
                            $"<circle class=\"{kind}\" cx=\"{X(x):F1}\" cy=\"{Y(y):F1}\" r=\"3\"><title>{x:G6}: {y:G6}</title></circle>"
                        )
                    );
                }
            }
        }

        svg.Append("</svg>").Append(Legend(series)).Append("</figure>\n");
        return svg.ToString();
    }

    private static string Legend(IReadOnlyList<ChartSeries> series)
    {
        if (series.Count < 2)
        {
            return "";
        }

        int colour = 0;
        IEnumerable<string> items = series.Select(line =>
            Invariant(
                $"<span class=\"{(line.Faint ? "faint" : Invariant($"c{colour++ % 6}"))}\">{Html.Escape(line.Name)}</span>"
            )
        );
        return $"<p class=\"legend\">{string.Concat(items)}</p>";
    }

    private static (double Low, double High) Widen(double low, double high)
    {
        double margin = high > low ? (high - low) * 0.02 : Math.Max(Math.Abs(high) * 0.1, 1e-9);
        return (low - margin, high + margin);
    }

    private static string Label(double tick) =>
        Math.Abs(tick) >= 1000 ? Invariant($"{tick:N0}") : Invariant($"{tick:G4}");

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
}

namespace MultiTurnTrainer.Files.Pages;

/// <summary>
/// Draws series as inline SVG with axes, a grid and a legend; colours come from <see cref="HtmlPage"/>. Curves can also be zoomed, read off
/// and switched off where scripts run (<see cref="CurveScript"/>).
/// </summary>
/// <param name="title">The caption.</param>
/// <param name="series">What is drawn; the plot is empty text where no series has a point.</param>
public sealed class Plot(string title, params IReadOnlyList<PlotSeries> series)
{
    // As wide as a window of a telephone leaves room for, so that text keeps its size there.
    private const double Width = 400;
    private const double Height = 250;
    private const double Right = 12;
    private const double Top = 34;
    private const double Bottom = 46;
    private const double DigitWidth = 8;

    // The picture has so many columns; whoever zooms sees more.
    private const int DrawnParts = 400;
    private const int ZoomedParts = 4000;

    private PlotAxis _x;
    private PlotAxis _y;
    private double _left;

    /// <summary>What the x axis counts, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>What the y axis counts, with its unit.</summary>
    public required string YTitle { get; init; }

    /// <summary>Labels of the x axis in place of whole numbers: where, and what.</summary>
    public IReadOnlyList<(double X, string Label)>? XLabels { get; init; }

    /// <summary>Whether the y axis is logarithmic: y counts powers of ten of y + 1.</summary>
    public bool LogY { get; init; }

    private bool HasBars => series.Any(line => line.Mark == PlotMark.Bars);

    // A bar says all it has; a logarithm is for one glance.
    private bool CanZoom => !HasBars && !LogY && XLabels is null;

    /// <summary>Adds the figure to a page, and what moves it.</summary>
    public void AddTo(HtmlPage page)
    {
        string figure = Draw();
        page.AddRaw(figure);
        if (figure.Length > 0 && CanZoom)
        {
            CurveScript.AddTo(page);
        }
    }

    /// <summary>The figure, as it stands without scripts.</summary>
    internal string Draw()
    {
        PlotPoint[] all = [.. series.SelectMany(line => line.Points)];
        if (all.Length == 0)
        {
            return "";
        }

        Scale(all);
        IReadOnlyList<(double At, string Label)> ticks = LogY ? PowersOfTen() : _y.Ticks();
        _left = 12 + (DigitWidth * ticks.Max(tick => tick.Label.Length));
        StringBuilder svg = new();
        string curves = CanZoom ? $" data-curves=\"{HtmlPage.Escape(CurveData())}\"" : "";
        Append(svg, $"<figure{curves}><figcaption>{HtmlPage.Escape(title)}</figcaption>");
        Append(svg, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlPage.Escape(Summary())}\">");
        AppendAxes(svg, ticks);
        int colour = 0;
        for (int i = 0; i < series.Count; i++)
        {
            string style = StyleOf(series[i], ref colour);
            if (HasBars)
            {
                AppendBars(svg, i, style);
            }
            else
            {
                AppendLine(svg, series[i].Thinned(DrawnParts), style);
            }
        }

        return svg.Append("</svg>").Append(Legend()).Append("</figure>\n").ToString();
    }

    // What is read to those who do not see the picture.
    private string Summary() =>
        string.Join(
            "; ",
            series
                .Where(line => line.Points.Count > 0)
                .Select(line => Invariant($"{line.Name} from {line.Points[0].Y:G4} to {line.Points[^1].Y:G4} {YTitle}"))
                .Prepend($"{title} by {XTitle}")
        );

    private string CurveData()
    {
        int colour = 0;
        return JsonSerializer.Serialize(
            new
            {
                x = XTitle,
                y = YTitle,
                series = series
                    .Select(line => (Line: line.Thinned(ZoomedParts), Style: StyleOf(line, ref colour)))
                    .Select(shown => new
                    {
                        name = shown.Line.Name,
                        mark = shown.Line.Mark.ToString().ToLowerInvariant(),
                        style = shown.Style,
                        x = shown.Line.Points.Select(point => Short(point.X)),
                        y = shown.Line.Points.Select(point => Short(point.Y)),
                    }),
            }
        );
    }

    // Seven digits are more than a picture shows.
    private static double Short(double value) =>
        double.Parse(value.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string StyleOf(PlotSeries line, ref int colour) =>
        line.Mark == PlotMark.Faint ? "faint" : Invariant($"c{colour++ % 6}");

    private void AppendAxes(StringBuilder svg, IReadOnlyList<(double At, string Label)> ticks)
    {
        foreach ((double at, string label) in ticks)
        {
            double y = Y(at);
            Append(svg, $"<line class=\"rule\" x1=\"{_left}\" x2=\"{Width - Right}\" y1=\"{y:F1}\" y2=\"{y:F1}\"/>");
            Append(svg, $"<text x=\"{_left - 6}\" y=\"{y + 5:F1}\" text-anchor=\"end\">{label}</text>");
        }

        foreach ((double x, string label) in XLabels ?? _x.Ticks(whole: true))
        {
            // A long label at the right end must not leave the picture.
            string anchor = label.Length > 8 && X(x) > Width * 0.8 ? "end" : "middle";
            Append(
                svg,
                $"<text x=\"{X(x):F1}\" y=\"{Height - Bottom + 18:F1}\" text-anchor=\"{anchor}\">{HtmlPage.Escape(label)}</text>"
            );
        }

        double middle = (_left + Width - Right) / 2;
        Append(svg, $"<text x=\"2\" y=\"15\">{HtmlPage.Escape(YTitle)}</text>");
        Append(
            svg,
            $"<text x=\"{middle:F1}\" y=\"{Height - 6}\" text-anchor=\"middle\">{HtmlPage.Escape(XTitle)}</text>"
        );
    }

    private void Scale(PlotPoint[] all)
    {
        (double low, double high) = (all.Min(point => point.Y), all.Max(point => point.Y));
        (double first, double last) = (all.Min(point => point.X), all.Max(point => point.X));
        _x = HasBars ? new PlotAxis(first - 0.5, last + 0.5) : PlotAxis.Of(first, last);
        _y =
            LogY ? new PlotAxis(0, Math.Log10(Math.Max(10, high + 1)))
            : HasBars ? PlotAxis.Of(Math.Min(0, low), Math.Max(0, high))
            : PlotAxis.Of(low, high);
    }

    private double X(double x) => _left + ((x - _x.Low) / (_x.High - _x.Low) * (Width - _left - Right));

    private double Y(double y)
    {
        double value = LogY ? Math.Log10(y + 1) : y;
        return Height - Bottom - ((value - _y.Low) / (_y.High - _y.Low) * (Height - Top - Bottom));
    }

    private void AppendLine(StringBuilder svg, PlotSeries line, string style)
    {
        if (line.Mark != PlotMark.Points)
        {
            string points = string.Join(
                ' ',
                line.Points.Select(point => Invariant($"{X(point.X):F1},{Y(point.Y):F1}"))
            );
            Append(svg, $"<polyline class=\"{style}\" points=\"{points}\"/>");
        }

        // A line of one point is not to be seen.
        bool dots = line.Mark is PlotMark.Dots or PlotMark.Points || line.Points.Count == 1;
        foreach (PlotPoint point in dots ? line.Points : [])
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
            (double top, double foot) = (Y(Math.Max(0, point.Y)), Y(Math.Min(0, point.Y)));
            Append(
                svg,
                $"<rect class=\"bar {style}\" x=\"{x:F1}\" y=\"{top:F1}\" width=\"{Math.Max(0.5, width - 0.5):F1}\" height=\"{foot - top:F1}\"><title>{Tip(point)}</title></rect>"
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
            $"<span class=\"{StyleOf(line, ref colour)}\">{HtmlPage.Escape(line.Name)}</span>"
        );
        return $"<p class=\"legend\">{string.Concat(items)}</p>";
    }

    private IReadOnlyList<(double At, string Label)> PowersOfTen() =>
        [
            .. Enumerable
                .Range(1, (int)_y.High)
                .Select(power =>
                    (Math.Pow(10, power), Math.Pow(10, power).ToString("N0", CultureInfo.InvariantCulture))
                ),
        ];

    private static string Tip(PlotPoint point) =>
        HtmlPage.Escape(point.Tip ?? Invariant($"{point.X:G6}: {point.Y:G6}"));

    private static void Append(StringBuilder svg, FormattableString piece) => svg.Append(Invariant(piece));
}

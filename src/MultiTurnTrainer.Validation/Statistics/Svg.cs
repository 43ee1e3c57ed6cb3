using System.Globalization;
using System.Text;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Small plots as SVG: they take their colours from the page's style.</summary>
internal static class Svg
{
    private const int Width = 460;
    private const int Height = 180;
    private const int Left = 52;
    private const int Bottom = 28;
    private const int Top = 12;
    private const int Right = 14;
    private const int Bars = 40;

    /// <summary>A histogram up to the 99th percentile; the last bar holds the rest.</summary>
    public static string Histogram(string title, string unit, Distribution lengths)
    {
        long upTo = Math.Max(lengths.Min, lengths.Percentile(0.99));
        int parts = (int)Math.Clamp(upTo - lengths.Min + 1, 1, Bars);
        long[] counts = lengths.Histogram(parts, upTo);
        long most = Math.Max(1, counts.Max());
        StringBuilder svg = Begin(title);
        double bar = (Width - Left - Right) / (double)parts;
        for (int i = 0; i < parts; i++)
        {
            double height = (Height - Top - Bottom) * (counts[i] / (double)most);
            long from = lengths.Min + (long)(i * (upTo - lengths.Min + 1) / (double)parts);
            long to = lengths.Min + (long)((i + 1) * (upTo - lengths.Min + 1) / (double)parts) - 1;
            string range =
                i == parts - 1 ? $"{Number(from)} and more"
                : from == to ? Number(from)
                : $"{Number(from)}–{Number(to)}";
            Append(
                svg,
                $"<rect class=\"bar\" x=\"{Left + (i * bar):0.##}\" y=\"{Height - Bottom - height:0.##}\" width=\"{Math.Max(0.5, bar - 1):0.##}\" height=\"{height:0.##}\"><title>{range} {unit}: {Number(counts[i])}</title></rect>"
            );
        }

        Axes(svg, Number(lengths.Min), Number(upTo), unit, Number(most));
        return svg.Append("</svg>").ToString();
    }

    /// <summary>The value at every percentile, on a logarithmic scale.</summary>
    public static string Percentiles(string title, string unit, Distribution lengths)
    {
        StringBuilder svg = Begin(title);
        double top = Math.Log10(Math.Max(10, lengths.Max + 1));
        double X(double share) => Left + ((Width - Left - Right) * share);
        double Y(long value) => Height - Bottom - ((Height - Top - Bottom) * (Math.Log10(value + 1) / top));
        for (int power = 1; power <= (int)top; power++)
        {
            long value = (long)Math.Pow(10, power);
            Append(
                svg,
                $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):0.##}\" y2=\"{Y(value):0.##}\"/>"
            );
            Append(svg, $"<text x=\"{Left - 6}\" y=\"{Y(value) + 4:0.##}\" text-anchor=\"end\">{Number(value)}</text>");
        }

        IEnumerable<string> points = Enumerable
            .Range(1, 100)
            .Select(percent =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{X(percent / 100.0):0.##},{Y(lengths.Percentile(percent / 100.0)):0.##}"
                )
            );
        Append(svg, $"<polyline class=\"line\" points=\"{string.Join(' ', points)}\"/>");
        foreach (double share in StatisticsJson.Percentiles)
        {
            long value = lengths.Percentile(share);
            Append(
                svg,
                $"<circle class=\"dot\" cx=\"{X(share):0.##}\" cy=\"{Y(value):0.##}\" r=\"3.5\"><title>p{share * 100:0.#}: {Number(value)} {unit}</title></circle>"
            );
        }

        Append(svg, $"<text x=\"{Left}\" y=\"{Height - 8}\">0 %</text>");
        Append(svg, $"<text x=\"{X(0.5):0.##}\" y=\"{Height - 8}\" text-anchor=\"middle\">50 %</text>");
        Append(svg, $"<text x=\"{X(0.9):0.##}\" y=\"{Height - 8}\" text-anchor=\"middle\">90 %</text>");
        Append(
            svg,
            $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>"
        );
        return svg.Append("</svg>").ToString();
    }

    private static void Axes(StringBuilder svg, string from, string to, string unit, string most)
    {
        Append(
            svg,
            $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>"
        );
        Append(svg, $"<text x=\"{Left}\" y=\"{Height - 8}\">{from}</text>");
        Append(svg, $"<text x=\"{Width - Right}\" y=\"{Height - 8}\" text-anchor=\"end\">{to} {unit} (p99)</text>");
        Append(svg, $"<text x=\"{Left - 6}\" y=\"{Top + 8}\" text-anchor=\"end\">{most}</text>");
    }

    private static StringBuilder Begin(string title)
    {
        StringBuilder svg = new();
        Append(svg, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{title}\">");
        return svg;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder svg, FormattableString piece) =>
        svg.Append(piece.ToString(CultureInfo.InvariantCulture));
}

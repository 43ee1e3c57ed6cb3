using System.Globalization;
using System.Net;
using System.Text;

namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>Grouped bars as SVG: a group per round, a bar per run.</summary>
internal static class BarChart
{
    private const int _width = 360;
    private const int _height = 200;
    private const int _left = 44;
    private const int _top = 28;
    private const int _bottom = 170;

    /// <summary>The colours of the runs, in their order; they differ in lightness too.</summary>
    public static IReadOnlyList<string> Colors { get; } = ["#4269d0", "#efb118", "#3ca951", "#ff725c", "#a463f2"];

    /// <summary>Draws one measure.</summary>
    /// <param name="title">What is measured.</param>
    /// <param name="runs">The values by round of every run; null where there is none.</param>
    public static string Draw(string title, IReadOnlyList<IReadOnlyList<double?>> runs)
    {
        int rounds = runs.Max(values => values.Count);
        double top = runs.SelectMany(values => values).Max() is > 0 and { } highest ? highest : 1;
        double scale = (_bottom - _top) / NiceTop(top);
        StringBuilder svg = new();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg viewBox=\"0 0 {_width} {_height}\" role=\"img\"><title>{WebUtility.HtmlEncode(title)}</title>"
        );
        svg.Append($"<text x=\"8\" y=\"16\" class=\"title\">{WebUtility.HtmlEncode(title)}</text>");
        foreach (double tick in new[] { 0, 0.5, 1 })
        {
            double value = tick * NiceTop(top);
            double y = _bottom - (value * scale);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line x1=\"{_left}\" x2=\"{_width - 8}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" class=\"grid\"/>"
            );
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{_left - 5}\" y=\"{y + 3:0.#}\" text-anchor=\"end\">{value:0.#####}</text>"
            );
        }

        double group = (double)(_width - _left - 8) / Math.Max(1, rounds);
        double bar = group * 0.8 / runs.Count;
        for (int round = 0; round < rounds; round++)
        {
            double x = _left + (round * group) + (group * 0.1);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{x + (group * 0.4):0.#}\" y=\"186\" text-anchor=\"middle\">round {round + 1}</text>"
            );
            for (int run = 0; run < runs.Count; run++)
            {
                if (round < runs[run].Count && runs[run][round] is { } value)
                {
                    double height = Math.Max(0, value * scale);
                    svg.Append(
                        CultureInfo.InvariantCulture,
                        $"<rect x=\"{x + (run * bar):0.#}\" y=\"{_bottom - height:0.#}\" width=\"{Math.Max(1, bar - 1):0.#}\" height=\"{height:0.#}\" fill=\"{Colors[run % Colors.Count]}\"><title>{value:0.####}</title></rect>"
                    );
                }
            }
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The next of 1, 2, 5 times a power of ten.</summary>
    private static double NiceTop(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        double step = value / power;
        return power
            * (
                step <= 1 ? 1
                : step <= 2 ? 2
                : step <= 5 ? 5
                : 10
            );
    }
}

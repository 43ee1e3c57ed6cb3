namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Plots of lengths.</summary>
internal static class LengthPlots
{
    private const int Bars = 40;

    /// <summary>A histogram up to the 99th percentile; the last bar holds the rest.</summary>
    public static Plot Histogram(string title, string unit, string counted, Distribution lengths)
    {
        long upTo = Math.Max(lengths.Min, lengths.Percentile(0.99));
        int parts = (int)Math.Clamp(upTo - lengths.Min + 1, 1, Bars);
        long From(int part) => lengths.Min + (long)(part * (upTo - lengths.Min + 1) / (double)parts);
        string Range(int part) =>
            part == parts - 1 ? $"{Number(From(part))} and more"
            : From(part) == From(part + 1) - 1 ? Number(From(part))
            : $"{Number(From(part))}–{Number(From(part + 1) - 1)}";
        PlotPoint[] bars =
        [
            .. lengths
                .Histogram(parts, upTo)
                .Select((count, part) => new PlotPoint(part, count, $"{Range(part)} {unit}: {Number(count)}")),
        ];
        return new Plot(title, new PlotSeries(title, bars, PlotMark.Bars))
        {
            XTitle = $"{unit}, up to the 99th percentile",
            YTitle = counted,
            XLabels = [(0, Number(lengths.Min)), (parts - 1, Number(upTo))],
        };
    }

    /// <summary>The value at every percentile, on a logarithmic scale.</summary>
    public static Plot Percentiles(string title, string unit, Distribution lengths)
    {
        PlotPoint At(double share) => new(share * 100, lengths.Percentile(share));
        PlotPoint[] dots =
        [
            .. StatisticsJson.Percentiles.Select(share =>
                At(share) with
                {
                    Tip = Invariant($"p{share * 100:0.#}: {Number(lengths.Percentile(share))} {unit}"),
                }
            ),
        ];
        return new Plot(
            title,
            new PlotSeries(unit, [.. Enumerable.Range(1, 100).Select(percent => At(percent / 100.0))]),
            new PlotSeries("p50, p90, p99", dots, PlotMark.Points)
        )
        {
            LogY = true,
            XTitle = "percentile",
            YTitle = $"{unit}, logarithmic",
            XLabels = [(50, "50 %"), (90, "90 %")],
        };
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

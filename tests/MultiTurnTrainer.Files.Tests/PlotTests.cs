using System.Globalization;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>Pictures that can be read at a glance.</summary>
public partial class PlotTests
{
    [Fact]
    public void Draw_Titles_NameBothAxesWithTheirUnits()
    {
        string svg = Draw(new PlotSeries("s", [new(1, 1), new(2, 2)]), "nats <per> token");
        Assert.Contains(">optimizer step</text>", svg, StringComparison.Ordinal);
        Assert.Contains(">nats &lt;per&gt; token</text>", svg, StringComparison.Ordinal);
    }

    /// <summary>What is never negative has no axis that is, and a flat line no axis of a billionth.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(3, 3)]
    [InlineData(1e-5, 2e-5)]
    [InlineData(-1e-9, 1e-9)]
    [InlineData(-1e-9, 0)]
    [InlineData(-1e-9, 4)]
    public void Draw_ValuesFromZeroUp_HaveAnAxisFromZeroUp(double first, double last)
    {
        string svg = Draw(new PlotSeries("s", [new(1, first), new(2, last)]));
        string[] labels = [.. Labels().Matches(svg).Select(m => m.Groups[1].Value)];
        Assert.NotEmpty(labels);
        Assert.DoesNotContain(labels, label => label.StartsWith('-') || label.Contains('E', StringComparison.Ordinal));
        Assert.Contains(labels, label => double.Parse(label, CultureInfo.InvariantCulture) > 0);
    }

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(2.5, 2.5, "2.3 2.4 2.5 2.6 2.7")]
    [InlineData(-0.3, 0.3, "-0.2 0.0 0.2")]
    [InlineData(1000, 2500, "1,000 1,500 2,000 2,500")]
    [InlineData(0, 240000, "0 50k 100k 150k 200k")]
    [InlineData(1e6, 3e6, "1.0M 1.5M 2.0M 2.5M 3.0M")]
    [InlineData(0, 2e-4, "0 5e-5 1e-4 1.5e-4 2e-4")]
    [InlineData(2.345678901, 2.345678902, "2.2 2.3 2.4 2.5")]
    public void Ticks_OfAnAxis_AreFewShortAndRound(double low, double high, string expected) =>
        Assert.Equal(
            expected.Replace("0.0", "0", StringComparison.Ordinal),
            string.Join(' ', PlotAxis.Of(low, high).Ticks().Select(tick => tick.Label))
        );

    /// <summary>Whatever two numbers a curve goes between: it lies within its axis, and no two ticks read the same.</summary>
    [Fact]
    public void Ticks_OfAnyAxis_AreDistinctAndWithinIt() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<(NormalFloat, NormalFloat, sbyte)>(),
                ends =>
                {
                    double scale = Math.Pow(10, ends.Item3);
                    (double one, double other) = (ends.Item1.Get * scale, ends.Item2.Get * scale);
                    PlotAxis axis = PlotAxis.Of(Math.Min(one, other), Math.Max(one, other));
                    (double At, string Label)[] ticks = [.. axis.Ticks()];
                    double nearlyZero = Math.Max(1e-8, 1e-6 * axis.High);
                    return ticks.Length is >= 2 and <= 12
                        && ticks.Select(tick => tick.Label).Distinct().Count() == ticks.Length
                        && Array.TrueForAll(ticks, tick => tick.Label.Length <= 10)
                        && Array.TrueForAll(
                            [one, other],
                            end => end >= axis.Low - nearlyZero && end <= axis.High + nearlyZero
                        );
                }
            )
            .QuickCheckThrowOnFailure();

    /// <summary>A picture of a long run is no longer than it is wide, and keeps every peak.</summary>
    [Fact]
    public void Draw_AMillionSteps_KeepsTheirPeaks()
    {
        PlotPoint[] points = [.. Enumerable.Range(0, 1_000_000).Select(i => new PlotPoint(i, i == 123_457 ? 99 : 1))];
        PlotSeries thinned = new PlotSeries("loss", points).Thinned(400);
        Assert.InRange(thinned.Points.Count, 400, 1600);
        Assert.Contains(new PlotPoint(123_457, 99), thinned.Points);
        Assert.Equal(thinned.Points.OrderBy(point => point.X), thinned.Points);
        Assert.Equal((points[0], points[^1]), (thinned.Points[0], thinned.Points[^1]));
    }

    [Fact]
    public void Draw_BarsBelowZero_HangFromIt()
    {
        string svg = Draw(new PlotSeries("s", [new(1, -2), new(2, 3)], PlotMark.Bars));
        double[] heights =
        [
            .. Heights().Matches(svg).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(2, heights.Length);
        Assert.InRange(heights[1] / heights[0], 1.49, 1.51);
    }

    /// <summary>In a window of 400 pixels, of which margins take 56, text has 11 of them.</summary>
    [Fact]
    public void Draw_In400Pixels_HasTextThatCanBeRead()
    {
        string page = new HtmlPage("x").AddRaw(Draw(new PlotSeries("s", [new(1, 1), new(2, 2)]))).Finish();
        double width = Number(page, "viewBox=\"0 0 ([0-9]+) ");
        double size = Number(page, @"svg text\{font-size:([0-9]+)px");
        Assert.InRange(size * (400 - 56) / width, 11, 20);
    }

    /// <summary>Text of every colour on the paper has the contrast that WCAG's AA asks for, in the light and in the dark.</summary>
    [Fact]
    public void Style_Colours_HaveContrastInLightAndDark()
    {
        string[] themes = [.. Theme().Matches(new HtmlPage("x").Finish()).Select(match => match.Value)];
        Assert.Equal(2, themes.Length);
        foreach (string theme in themes)
        {
            Dictionary<string, string> colours = Colour()
                .Matches(theme)
                .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
            foreach (string name in (string[])["ink", "soft", "c0", "c1", "c2", "c3", "c4", "c5"])
            {
                Assert.True(Contrast(colours[name], colours["paper"]) >= 4.5, $"{name} in {theme}");
            }

            Assert.True(Contrast(colours["faint"], colours["paper"]) >= 3, $"the pale line in {theme}");
        }
    }

    private static string Draw(PlotSeries series, string unit = "nats") =>
        new Plot("Loss", series) { XTitle = "optimizer step", YTitle = unit }.Draw();

    private static double Number(string text, string pattern) =>
        double.Parse(Regex.Match(text, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    private static double Contrast(string one, string other)
    {
        double a = Luminance(one);
        double b = Luminance(other);
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string hex)
    {
        string six = hex.Length == 3 ? string.Concat(hex.Select(c => $"{c}{c}")) : hex;
        double[] linear =
        [
            .. six.Chunk(2)
                .Select(pair => int.Parse(pair, NumberStyles.HexNumber) / 255.0)
                .Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4)),
        ];
        return (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
    }

    [GeneratedRegex("text-anchor=\"end\">([^<]+)</text>")]
    private static partial Regex Labels();

    [GeneratedRegex("<rect [^>]*height=\"([^\"]+)\"")]
    private static partial Regex Heights();

    [GeneratedRegex(@":root\{[^}]*--ink[^}]*\}")]
    private static partial Regex Theme();

    [GeneratedRegex("--([a-z0-9]+):#([0-9a-f]+)")]
    private static partial Regex Colour();
}

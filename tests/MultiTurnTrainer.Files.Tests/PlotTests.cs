using System.Globalization;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>Pictures that can be read at a glance.</summary>
public partial class PlotTests
{
    [Fact]
    public void Draw_Titles_NameBothAxesWithTheirUnits()
    {
        string svg = new Plot("Loss", Series(1, 2)) { XTitle = "optimizer step", YTitle = "nats <per> token" }.Draw();
        Assert.Contains(">optimizer step</text>", svg, StringComparison.Ordinal);
        Assert.Contains(">nats &lt;per&gt; token</text>", svg, StringComparison.Ordinal);
    }

    /// <summary>What is never negative has no axis that is, and a flat line no axis of a billionth.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(3, 3)]
    [InlineData(1e-5, 2e-5)]
    public void Draw_ValuesFromZeroUp_HaveAnAxisFromZeroUp(double first, double last)
    {
        string[] labels =
        [
            .. Labels().Matches(new Plot("x", Series(first, last)).Draw()).Select(m => m.Groups[1].Value),
        ];
        Assert.NotEmpty(labels);
        Assert.DoesNotContain(labels, label => label.StartsWith('-') || label.Contains('E', StringComparison.Ordinal));
        Assert.Contains(labels, label => double.Parse(label, CultureInfo.InvariantCulture) > 0);
    }

    /// <summary>In a column of 400 pixels text keeps 11 of them.</summary>
    [Fact]
    public void Draw_In400Pixels_HasTextThatCanBeRead()
    {
        string page = new HtmlPage("x").AddRaw(new Plot("x", Series(1, 2)).Draw()).Finish();
        double width = Number(page, "viewBox=\"0 0 ([0-9]+) ");
        double size = Number(page, @"svg text\{font-size:([0-9]+)px");
        Assert.InRange(size * (400 - 24) / width, 11, 20);
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
        }
    }

    private static PlotSeries Series(double first, double last) => new("s", [new(1, first), new(2, last)]);

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

    [GeneratedRegex(@":root\{[^}]*--ink[^}]*\}")]
    private static partial Regex Theme();

    [GeneratedRegex("--([a-z0-9]+):#([0-9a-f]+)")]
    private static partial Regex Colour();
}

using System.Text.Json.Nodes;
using MultiTurnTrainer.Files.Pages;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>Curves in a browser: zoomed, read off, switched off, in a narrow window, in the dark, and without scripts.</summary>
public sealed class CurvePageTests : IDisposable
{
    private const string Missing = "needs uPlot, of the package uplot (npm, restored by the build)";
    private const string Canvas = "document.querySelector('.curves .u-over')";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The page's own script is all that may run: not another's, not an attribute's, not a link's.</summary>
    [Fact]
    public async Task Page_WithCurves_RunsItsOwnScriptAndNoOther()
    {
        await using Chromium browser = Chromium.Start();
        BrowserTab tab = await browser.OpenAsync();
        string evil =
            "<script>window.ran=1</script><img src=x onerror=window.ran=2><a id=l href='javascript:window.ran=3'>x</a>";
        HtmlPage page = Page();
        page.AddRaw(evil);
        await tab.GoAsync(Write(page.Finish()));
        await tab.WaitAsync(Canvas);
        await tab.EvaluateAsync("document.getElementById('l').click()");
        Assert.Null(await tab.EvaluateAsync("window.ran"));
        Assert.NotEmpty(tab.Problems);
    }

    [Fact]
    public void Page_WithCurves_NamesTheHashOfItsScriptAndTheLicence()
    {
        RequireLibrary();
        string html = Page().Finish();
        string script = html.Split("<script type=\"module\">")[1].Split("</script>")[0];
        string hash = Convert.ToBase64String(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(script))
        );
        Assert.Contains($"script-src 'sha256-{hash}'\">", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("<script").Length);
        Assert.Contains("The MIT License", script, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html.Replace(script, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curves_DraggedAndKeyed_ZoomAndComeBack()
    {
        await using Chromium browser = Chromium.Start();
        BrowserTab tab = await OpenAsync(browser, 1280);
        (double left, double top, double width, double height) = await CanvasAsync(tab);
        Assert.Equal("true", await ResetAsync(tab));

        await tab.DragAsync((left + (width * 0.25), top + (height / 2)), (left + (width * 0.5), top + (height / 2)));
        await tab.WaitAsync("!document.querySelector('.values button:not([data-style])').hidden");
        await tab.PictureAsync("curves-zoomed");
        await tab.PointAsync(left + 1, top + (height / 2));
        await tab.WaitAsync("/step 5[01]$/.test(document.querySelector('.values output').textContent)");

        await tab.ClickAsync(left + (width / 2), top + (height / 2), times: 2);
        await tab.WaitAsync("document.querySelector('.values button:not([data-style])').hidden");

        await tab.EvaluateAsync("document.querySelector('.curves').focus()");
        foreach (
            string key in new[]
            {
                "+",
                "+",
                "ArrowLeft",
                "ArrowLeft",
                "ArrowLeft",
                "ArrowLeft",
                "ArrowLeft",
                "ArrowLeft",
                "ArrowLeft",
            }
        )
        {
            await tab.EvaluateAsync(
                $"document.querySelector('.curves').dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}' }}))"
            );
        }

        await tab.PointAsync(left + width - 0.2, top + (height / 2));
        await tab.WaitAsync("/step (49|50)$/.test(document.querySelector('.values output').textContent)");
        await tab.EvaluateAsync("document.querySelector('.values button:not([data-style])').click()");
        await tab.PointAsync(left + width - 2, top + (height / 2));
        await tab.WaitAsync("/step (198|199)$/.test(document.querySelector('.values output').textContent)");
        Assert.Empty(tab.Problems);
    }

    /// <summary>Hovering names the step and every curve's value there; a button takes its curve away and brings it back.</summary>
    [Fact]
    public async Task Curves_HoveredAndSwitched_SayTheirValuesAndGo()
    {
        await using Chromium browser = Chromium.Start();
        BrowserTab tab = await OpenAsync(browser, 1280);
        (double left, double top, double width, double height) = await CanvasAsync(tab);
        const string values = "document.querySelector('.values').innerText";
        string last = (string)(await tab.EvaluateAsync(values))!;
        Assert.StartsWith("optimizer step 200", last, StringComparison.Ordinal);
        Assert.Matches(@"loss of the step\s+0\.\d+", last);
        Assert.Matches(@"evaluation\s+0\.\d+ \(at 180\)", last);
        await tab.PointAsync(left + 0.5, top + (height / 2));
        await tab.WaitAsync($"{values}.startsWith('optimizer step 0')");
        string first = (string)(await tab.EvaluateAsync(values))!;
        Assert.Matches(@"loss of the step\s+2\.\d+ \(at 1\)", first);
        Assert.Matches(@"evaluation\s+2\.4", first);

        int all = await InkAsync(tab);
        const string button = "document.querySelectorAll('.values button[data-style]')[0]";
        await tab.EvaluateAsync($"{button}.click()");
        Assert.Equal("false", (string?)await tab.EvaluateAsync($"{button}.ariaPressed"));
        await tab.WaitAsync("true");
        int without = await InkAsync(tab);
        Assert.InRange(without, 1, all - 200);
        await tab.EvaluateAsync($"{button}.click()");
        Assert.InRange(await InkAsync(tab), without + 200, int.MaxValue);
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Curves_InANarrowWindow_FitInLightAndDark()
    {
        await using Chromium browser = Chromium.Start();
        BrowserTab tab = await OpenAsync(browser, 400);
        List<int> inks = [];
        foreach (string scheme in new[] { "light", "dark", "light" })
        {
            // Without loading the page again: whoever changes the scheme sees the curves change with it.
            await tab.PreferAsync(scheme);
            await tab.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            JsonNode contrast = (await tab.EvaluateAsync(PageScripts.Contrast))!;
            Assert.Empty(contrast["bad"]!.AsArray().Select(found => (string?)found));
            Assert.InRange((int)contrast["checked"]!, 10, 1000);
            Assert.Empty((await tab.EvaluateAsync(PageScripts.TooWide))!.AsArray().Select(found => (string?)found));
            inks.Add((int)(await tab.EvaluateAsync(LabelLight))!);
            await tab.PictureAsync($"curves-{scheme}-400");
        }

        Assert.InRange(inks[0], 0, 120);
        Assert.InRange(inks[1], 135, 255);
        Assert.Equal(inks[0], inks[2]);
        await tab.ResizeAsync(800, 900);
        await tab.WaitAsync(
            "document.querySelector('.curves canvas').clientWidth > 300 && document.querySelector('.curves canvas').clientWidth <= 800"
        );
        Assert.Empty((await tab.EvaluateAsync(PageScripts.TooWide))!.AsArray().Select(found => (string?)found));
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Curves_WithoutScripts_AreStillPictures()
    {
        await using Chromium browser = Chromium.Start();
        BrowserTab tab = await browser.OpenAsync();
        await tab.DisableScriptsAsync();
        await tab.ResizeAsync(400, 900);
        await tab.GoAsync(Write(Page().Finish()));
        await tab.PictureAsync("curves-no-scripts-400");
        Assert.Equal(2, (int)(await tab.EvaluateAsync("document.querySelectorAll('figure svg polyline.c0').length"))!);
        Assert.Empty((await tab.EvaluateAsync(PageScripts.TooWide))!.AsArray().Select(found => (string?)found));
        Assert.Contains(
            await tab.AccessibleAsync(),
            node => node.Name.StartsWith("Loss by optimizer step", StringComparison.Ordinal)
        );
    }

    // The mean lightness of the pixels of the y axis's labels that are drawn at all.
    private const string LabelLight = """
        (() => {
          const canvas = document.querySelector('.curves canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, 30, canvas.height - 60);
          let sum = 0, count = 0;
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) { sum += data[i + 1]; count++; }
          return Math.round(sum / count);
        })()
        """;

    // Pixels of the curves' own colours, which grid and text do not have.
    private static async Task<int> InkAsync(BrowserTab tab) =>
        (int)
            (
                await tab.EvaluateAsync(
                    """
                    new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
                      const canvas = document.querySelector('.curves canvas');
                      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                      let count = 0;
                      for (let i = 0; i < data.length; i += 4) count += data[i + 3] > 100 ? 1 : 0;
                      done(count);
                    })))
                    """
                )
            )!;

    private static async Task<string?> ResetAsync(BrowserTab tab) =>
        (
            await tab.EvaluateAsync("String(document.querySelector('.values button:not([data-style])').hidden)")
        )!.GetValue<string>();

    private static async Task<(double Left, double Top, double Width, double Height)> CanvasAsync(BrowserTab tab)
    {
        JsonNode box = (
            await tab.EvaluateAsync(
                $"(({{ left, top, width, height }}) => [left, top, width, height])({Canvas}.getBoundingClientRect())"
            )
        )!;
        return ((double)box[0]!, (double)box[1]!, (double)box[2]!, (double)box[3]!);
    }

    private async Task<BrowserTab> OpenAsync(Chromium browser, int width)
    {
        RequireLibrary();
        BrowserTab tab = await browser.OpenAsync();
        await tab.ResizeAsync(width, 900);
        await tab.PreferAsync("light");
        await tab.GoAsync(Write(Page().Finish()));
        await tab.WaitAsync(Canvas);
        await tab.PictureAsync($"curves-{width}");
        return tab;
    }

    private string Write(string html) => $"file://{_folder.Write("page.html", html)}";

    private static HtmlPage Page()
    {
        PlotPoint At(int i) => new(i, (2 * Math.Exp(-i / 60.0)) + (0.1 * Math.Sin(i * 1.7)) + 0.4);
        Plot loss = new(
            "Loss",
            new PlotSeries("loss of the step", [.. Enumerable.Range(1, 200).Select(At)], PlotMark.Faint),
            new PlotSeries(
                "smoothed",
                [.. Enumerable.Range(1, 200).Select(i => new PlotPoint(i, (2 * Math.Exp(-i / 60.0)) + 0.45))]
            ),
            new PlotSeries("evaluation", [.. Enumerable.Range(0, 10).Select(i => At(i * 20))], PlotMark.Dots)
        )
        {
            XTitle = "optimizer step",
            YTitle = "nats per supervised token",
        };
        Plot rate = new(
            "Learning rate",
            new PlotSeries(
                "rate",
                [.. Enumerable.Range(1, 200).Select(i => new PlotPoint(i, 2e-4 * (1 - (i / 200.0))))]
            )
        )
        {
            XTitle = "optimizer step",
            YTitle = "rate",
        };
        Plot flat = new(
            "Peak memory",
            new PlotSeries("MiB", [.. Enumerable.Range(1, 200).Select(i => new PlotPoint(i, 0))], PlotMark.Faint)
        )
        {
            XTitle = "optimizer step",
            YTitle = "MiB",
        };
        return new HtmlPage("Curves").AddPlots([loss, rate, flat]);
    }

    private static void RequireLibrary()
    {
        if (!CurveScript.IsPresent && Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip(Missing);
        }

        Assert.True(CurveScript.IsPresent, Missing);
    }
}

using System.Text.Json.Nodes;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>The reports of real runs in a browser: wide and narrow, light and dark.</summary>
public sealed class ReportPageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Reports_OfRuns_ReadAtAGlanceInEveryWindow()
    {
        Run("init", "p", "--preset", "tiny");
        string[] train = ["train", "--model", "p/model", "--train", "p/data/chat.jsonl", "--eval", "p/data/eval.jsonl"];
        string[] steps = ["--max-steps", "6", "--set", "train.eval_steps=3"];
        Run([.. train, .. steps, "--output", "whole"]);
        Run([.. train, .. steps, "--output", "cut", "--set", "train.packing=true", "--set", "train.max_length=60"]);
        _folder.Write("tasks.jsonl", string.Concat(Enumerable.Range(1, 4).Select(Task)));
        string[] distill = ["--set", "distill.max_new_tokens_middle=8", "--set", "distill.max_new_tokens_answer=8"];
        Run([
            "train",
            "--model",
            "p/model",
            "--train",
            "tasks.jsonl",
            "--objective",
            "maigo",
            "--max-steps",
            "6",
            .. distill,
            "--output",
            "maigo",
        ]);
        string text = Run("report", "whole", "cut", "--samples", "--output", "runs.html");
        Run("stats", "p/data/chat.jsonl", "--html", "stats.html");

        Assert.Contains("  whole, after", text, StringComparison.Ordinal);
        Assert.Contains("  before training  ", text, StringComparison.Ordinal);
        string cut = File.ReadAllText(_folder["cut/report.html"]);
        Assert.Matches("<td>truncated: oldest turns cut to fit max_length</td><td>[0-9]+</td><td>[0-9,]+</td>", cut);
        Assert.Matches("Packing: [0-9]+ packs of 60 tokens, [0-9,]+ places empty", cut);
        Assert.Contains("<figcaption>Loss by term</figcaption>", File.ReadAllText(_folder["maigo/report.html"]));

        await using Chromium browser = Chromium.Start();
        foreach (
            string page in new[]
            {
                "whole/report.html",
                "cut/report.html",
                "maigo/report.html",
                "runs.html",
                "stats.html",
            }
        )
        {
            await LookAsync(browser, page);
        }
    }

    private async Task LookAsync(Chromium browser, string page)
    {
        BrowserTab tab = await browser.OpenAsync();
        foreach ((int width, string scheme) in new[] { (400, "light"), (400, "dark"), (1280, "light"), (1280, "dark") })
        {
            await tab.ResizeAsync(width, 900);
            await tab.PreferAsync(scheme);
            await tab.GoAsync($"file://{_folder[page]}");
            await tab.EvaluateAsync("document.querySelectorAll('details').forEach(one => (one.open = true))");
            await tab.PictureAsync($"{page.Replace('/', '-')}-{scheme}-{width}");
            JsonNode contrast = (await tab.EvaluateAsync(PageScripts.Contrast))!;
            Assert.Empty(contrast["bad"]!.AsArray().Select(found => $"{page} {scheme}: {found}"));
            Assert.Empty(
                (await tab.EvaluateAsync(PageScripts.TooWide))!.AsArray().Select(found => $"{page} {width}: {found}")
            );
            Assert.Empty((await tab.EvaluateAsync(WithoutTitles))!.AsArray().Select(found => $"{page}: {found}"));
        }

        Assert.Empty(tab.Problems);
    }

    // Figures whose y axis or x axis does not say what it counts; a picture's two titles are the texts that are no labels of ticks.
    private const string WithoutTitles = """
        [...document.querySelectorAll('figure')]
          .filter(figure => figure.querySelector('.curves')
            ? !figure.querySelector('.unit').textContent || !JSON.parse(figure.dataset.curves).x
            : [...figure.querySelectorAll('svg text')].slice(-2).some(title => !/[a-z]/i.test(title.textContent)))
          .map(figure => figure.querySelector('figcaption').textContent)
        """;

    private static string Task(int number) =>
        $$"""{"id":"task {{number}}","family":"exact","question":"Book {{number}} nights in Rome.","shards":["I want a room.","For {{number}} nights.","In Rome."],"answer":"{{number}}"}"""
        + "\n";

    private string Run(params string[] arguments)
    {
        MttResult result = MttProcess.Run(_folder.Path, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Out;
    }
}

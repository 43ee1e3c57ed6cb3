using MultiTurnTrainer.Training.Samples;

namespace MultiTurnTrainer.Training.Report;

/// <summary>Sample answers before and after the training, side by side.</summary>
internal static class SampleTexts
{
    private const int Shown = 160;

    /// <summary>Adds them; nothing where there are none.</summary>
    public static void AddTo(HtmlPage page, IReadOnlyList<SampleAnswer> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }

        page.AddRaw("<h2>Sample answers</h2>\n")
            .AddText("The same prompts before the first step and after the last, the likeliest token each time.");
        foreach (SampleAnswer sample in samples)
        {
            page.Add($"<section><h3>{HtmlPage.Escape(sample.Id)}</h3>\n").AddFolded("prompt", sample.Prompt, Shown);
            page.AddTexts([
                .. sample.Before is { } before ? [("before training", before)] : Array.Empty<(string, string)>(),
                .. sample.After is { } after ? [("after training", after)] : Array.Empty<(string, string)>(),
                .. sample.Expected is { } expected ? [("in the data", expected)] : Array.Empty<(string, string)>(),
            ]);
            page.AddRaw("</section>\n");
        }
    }
}

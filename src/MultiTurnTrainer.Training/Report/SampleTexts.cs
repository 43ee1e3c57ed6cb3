using MultiTurnTrainer.Training.Samples;

namespace MultiTurnTrainer.Training.Report;

/// <summary>Sample answers before and after the training, side by side.</summary>
internal static class SampleTexts
{
    private const int Shown = 160;

    /// <summary>Adds them.</summary>
    /// <param name="page">Where they go.</param>
    /// <param name="samples">The answers.</param>
    /// <param name="wanted">Whether to say so where there are none.</param>
    public static void AddTo(HtmlPage page, IReadOnlyList<SampleAnswer> samples, bool wanted)
    {
        if (samples.Count == 0)
        {
            if (wanted)
            {
                page.AddRaw("<h2>Sample answers</h2>\n")
                    .AddText(
                        Invariant(
                            $"There are none: they need a tokenizer in the model's folder that can be read, and prompts of at most {SamplePrompt.MostTokens:N0} tokens. Of anything else that stood in their way the run warned."
                        )
                    );
            }

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

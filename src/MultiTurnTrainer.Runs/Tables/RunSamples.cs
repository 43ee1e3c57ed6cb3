namespace MultiTurnTrainer.Runs.Tables;

/// <summary>The sample answers of runs beside each other: what each said to the same prompt before the training and after it.</summary>
public static class RunSamples
{
    private const int Shown = 160;

    /// <summary>Lines of text; none where no run has samples.</summary>
    public static string ToText(IReadOnlyList<RunFacts> runs)
    {
        StringBuilder text = new();
        foreach (Prompt prompt in Read(runs))
        {
            (string Title, string Text)[] answers = [.. Answers(prompt)];
            int width = answers.Max(answer => answer.Title.Length);
            string words = Printable.Line(Printable.End(prompt.Text, Shown));
            text.Append($"\n{Printable.Line(prompt.Id)}: {words}\n");
            foreach ((string title, string answer) in answers)
            {
                text.Append($"  {Printable.Line(title).PadRight(width)}  {Printable.Line(answer)}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Adds them to a page; nothing where no run has samples.</summary>
    internal static void AddTo(HtmlPage page, IReadOnlyList<RunFacts> runs)
    {
        Prompt[] prompts = [.. Read(runs)];
        if (prompts.Length == 0)
        {
            return;
        }

        page.AddRaw("<h2>Sample answers</h2>\n")
            .AddText("The same prompts before the first step and after the last, the likeliest token each time.");
        foreach (Prompt prompt in prompts)
        {
            page.Add($"<section><h3>{HtmlPage.Escape(prompt.Id)}</h3>\n")
                .AddFolded("prompt", prompt.Text, Shown)
                .AddTexts(Answers(prompt))
                .AddRaw("</section>\n");
        }
    }

    // The runs of one model said the same before: it is shown once.
    private static IEnumerable<(string Title, string Text)> Answers(Prompt prompt)
    {
        string[] before = [.. prompt.Answers.Select(answer => answer.Before).OfType<string>().Distinct()];
        if (before.Length == 1)
        {
            yield return ("before training", before[0]);
        }

        foreach ((string run, string? first, string? last) in prompt.Answers)
        {
            if (before.Length > 1 && first is not null)
            {
                yield return ($"{run}, before", first);
            }

            if (last is not null)
            {
                yield return ($"{run}, after", last);
            }
        }

        if (prompt.Expected is { } expected)
        {
            yield return ("in the data", expected);
        }
    }

    private static IEnumerable<Prompt> Read(IReadOnlyList<RunFacts> runs) =>
        runs.Where(run => run.Folder is not null)
            .SelectMany(run =>
                TrainedFacts
                    .Lines(Path.Combine(run.Folder!, "samples.jsonl"))
                    .Select(line => (Run: run.Name, Line: line))
            )
            .Where(sample => sample.Line.Kind == JsonKind.Object)
            .GroupBy(sample => (sample.Line.GetString("id") ?? "", sample.Line.GetString("prompt") ?? ""))
            .Select(group => new Prompt(
                group.Key.Item1,
                group.Key.Item2,
                group.Select(sample => sample.Line.GetString("expected")).FirstOrDefault(text => text is not null),
                [
                    .. group.Select(sample =>
                        (sample.Run, sample.Line.GetString("before"), sample.Line.GetString("after"))
                    ),
                ]
            ))
            .Where(prompt => Answers(prompt).Any());

    private sealed record Prompt(
        string Id,
        string Text,
        string? Expected,
        IReadOnlyList<(string Run, string? Before, string? After)> Answers
    );
}

namespace MultiTurnTrainer.Training.Report;

/// <summary>What one cause cost.</summary>
/// <param name="Cause">Its name, such as <c>truncated</c>.</param>
/// <param name="Conversations">Conversations that lost something.</param>
/// <param name="SupervisedTokens">Supervised tokens that are not learnt.</param>
internal sealed record LostPart(string Cause, long Conversations, long SupervisedTokens);

/// <summary>What masking and packing left out, by cause.</summary>
/// <param name="Parts">Causes of lost conversations and tokens; none where it is not known, or nothing was lost.</param>
/// <param name="IsKnown">Whether the rows say how they were made.</param>
/// <param name="Kept">Supervised tokens that are learnt.</param>
/// <param name="RowsWithoutLabels">Rows that add nothing.</param>
/// <param name="Packing">What became of packing, in words; null without it.</param>
internal sealed record LostTokens(
    IReadOnlyList<LostPart> Parts,
    bool IsKnown,
    long Kept,
    int RowsWithoutLabels,
    string? Packing
)
{
    // Texts of docs/masking.md in a few words; refusals have names of their own there.
    private static readonly Dictionary<string, string> _meanings = new(StringComparer.Ordinal)
    {
        ["no-answer"] = "no message to learn",
        ["weight-0"] = "every message to learn weighs 0",
        ["too-long"] = "left out: longer than max_length",
        ["truncated"] = "oldest turns cut to fit max_length",
        ["unrendered"] = "the template does not render the answer",
        ["policy"] = "left out by the context policy",
    };

    /// <summary>Adds the table under its heading.</summary>
    public void AddTo(HtmlPage page)
    {
        page.AddRaw("<section><h2>What masking and packing lost</h2>\n");
        long all = Kept + Parts.Sum(part => part.SupervisedTokens);
        string Share(long tokens) => Invariant($"{tokens / (double)Math.Max(1, all):P2}");
        page.AddTable(
            ["cause", "conversations", "supervised tokens", "share"],
            [
                .. Parts.Select(part =>
                    (string[])
                        [
                            _meanings.TryGetValue(part.Cause, out string? meaning)
                                ? $"{part.Cause}: {meaning}"
                                : $"{part.Cause}: refused",
                            Invariant($"{part.Conversations:N0}"),
                            Invariant($"{part.SupervisedTokens:N0}"),
                            Share(part.SupervisedTokens),
                        ]
                ),
                ["learnt", "", Invariant($"{Kept:N0}"), Share(Kept)],
            ]
        );
        if (!IsKnown)
        {
            page.AddText("Not all rows have a manifest beside them: what was lost when they were made is not known.");
        }
        else if (Parts.Count == 0)
        {
            page.AddText("No conversation and no supervised token was lost.");
        }

        if (RowsWithoutLabels > 0)
        {
            page.AddText(
                $"{Counted.Of(RowsWithoutLabels, "row has", "rows have")} no supervised token, and nothing is learnt from them."
            );
        }

        page.AddText(Packing ?? "Packing is off: every row goes whole, no answer is split or left out.");
        page.AddRaw("</section>\n");
    }
}

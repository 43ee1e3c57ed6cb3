namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Counts what a template left out of a content that it printed in part, such as the reasoning before its answer.</summary>
internal static class UnprintedText
{
    private const string Open = "<think>";
    private const string Close = "</think>";

    /// <summary>The code points that are left out: those of the reasoning inside the content, and the others.</summary>
    /// <param name="content">The content.</param>
    /// <param name="message">Its message's place in what was rendered.</param>
    /// <param name="spans">What was printed.</param>
    /// <param name="printed">What was printed of the message.</param>
    /// <remarks>Blanks around what is left out do not count, nor the tags, which templates like to write themselves.</remarks>
    public static (int InThink, int Elsewhere) Count(
        string content,
        int message,
        IReadOnlyList<RenderedSpan> spans,
        PrintedMessage printed
    )
    {
        List<(int Start, int End)> shown = [];
        for (int i = printed.FirstContentSpan; i < printed.EndOfContentSpans; i++)
        {
            RenderedSpan span = spans[i];
            if (span.Origin.MessageIndex == message && span.Origin.Field == MessageField.Content)
            {
                shown.Add((span.OriginOffset, span.OriginOffset + span.End - span.Start));
            }
        }

        int close = content.LastIndexOf(Close, StringComparison.Ordinal);
        int thinkEnd = close < 0 ? 0 : close + Close.Length;
        int inThink = 0;
        int elsewhere = 0;
        int at = 0;
        foreach ((int start, int end) in shown.Order().Append((content.Length, content.Length)))
        {
            if (start > at)
            {
                int middle = Math.Clamp(thinkEnd, at, start);
                inThink += Length(content[at..middle]);
                elsewhere += Length(content[middle..start]);
            }

            at = Math.Max(at, end);
        }

        return (inThink, elsewhere);
    }

    /// <summary>The code points of a text without tags and the blanks around it.</summary>
    public static int Length(string text) =>
        text.Replace(Open, "", StringComparison.Ordinal)
            .Replace(Close, "", StringComparison.Ordinal)
            .Trim()
            .EnumerateRunes()
            .Count();
}

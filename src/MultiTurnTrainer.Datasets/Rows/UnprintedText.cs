using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Counts what a template left out of a content that it printed in part, such as the reasoning before its answer.</summary>
internal static class UnprintedText
{
    private const string Open = "<think>";
    private const string Close = "</think>";

    /// <summary>The code points that are left out: those of the reasoning inside the content, and the others.</summary>
    /// <param name="message">The message.</param>
    /// <param name="place">Its place in what was rendered.</param>
    /// <param name="spans">What was printed.</param>
    /// <remarks>Blanks around what is left out do not count, nor the tags, which templates like to write themselves.</remarks>
    public static (int InThink, int Elsewhere) Count(Message message, int place, IReadOnlyList<RenderedSpan> spans)
    {
        if (message.Json.GetProperty("content") is not { ValueKind: JsonValueKind.String } json)
        {
            return (0, 0);
        }

        string content = json.GetString()!;
        IEnumerable<(int Start, int End)> printed = spans
            .Where(span => span.Origin.MessageIndex == place && span.Origin.Field == MessageField.Content)
            .Select(span => (span.OriginOffset, span.OriginOffset + span.End - span.Start));
        int close = content.LastIndexOf(Close, StringComparison.Ordinal);
        int thinkEnd = close < 0 ? 0 : close + Close.Length;
        int inThink = 0;
        int elsewhere = 0;
        int at = 0;
        foreach ((int start, int end) in printed.Order().Append((content.Length, content.Length)))
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

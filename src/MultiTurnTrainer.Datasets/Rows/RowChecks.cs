using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What must hold of every row (masking.md, 5.5); a row that fails is refused, never written.</summary>
internal static class RowChecks
{
    /// <summary>The text with provenance is the text that the template gives without.</summary>
    public static void Text(RenderedText rendered, RenderSession session, RowOutcome outcome)
    {
        if (session.FindDifference(rendered.Text) is var at and >= 0)
        {
            outcome.Refuse("text-differs", -1, $"the tracked text differs from the template's at character {at}");
        }
    }

    /// <summary>No supervised character comes from another message or from a tool's declaration.</summary>
    public static void Origins(RenderedText rendered, AnswerMask answer, int message, RowOutcome outcome)
    {
        int next = 0;
        foreach (RenderedSpan span in rendered.Spans)
        {
            while (next < answer.Ranges.Count && answer.Ranges[next].End <= span.Start)
            {
                next++;
            }

            if (next == answer.Ranges.Count)
            {
                return;
            }

            bool foreign =
                span.Origin.Kind == OriginKind.Tool
                || (span.Origin.Kind == OriginKind.Message && span.Origin.MessageIndex != answer.Message);
            if (foreign && answer.Ranges[next].Start < span.End)
            {
                outcome.Refuse("foreign-text", message, $"text of {span.Origin.Path} would be supervised");
                return;
            }
        }
    }

    /// <summary>The answer has a supervised token, and its stop token is one, and one only.</summary>
    public static void Tokens(
        TokenRow row,
        TokenSpans tokens,
        RowText text,
        AnswerMask answer,
        int message,
        RowOutcome outcome
    )
    {
        int end = text.ByteOf(answer.End);
        int stop = text.ByteOf(answer.Stop.Start);
        ReadOnlySpan<int> starts = tokens.Starts;
        ReadOnlySpan<int> ends = tokens.Ends;
        int first = tokens.FirstFrom(text.ByteOf(answer.Start));
        int next = tokens.FirstFrom(end);
        bool anything = first < next && row.Labels.AsSpan(first..next).ContainsAnyExcept(TokenRow.Unsupervised);
        bool stops = false;
        bool isOne = false;
        for (int i = next - 1; i >= first && ends[i] >= end; i--)
        {
            stops |= row.Labels[i] != TokenRow.Unsupervised && ends[i] == end;

            // A token may take the blanks before it.
            isOne |= starts[i] <= stop && ends[i] == end;
        }

        if (!anything)
        {
            outcome.Refuse("nothing-supervised", message, "no token of the answer would be supervised");
        }
        else if (answer.HasStop && !stops)
        {
            outcome.Refuse("stop-not-supervised", message, "the stop token would not be supervised");
        }
        else if (answer.HasStop && !isOne)
        {
            string token = Encoding.UTF8.GetString(text.Utf8.AsSpan(stop..end));
            outcome.Refuse(
                "stop-not-one-token",
                message,
                $"its stop token {token} is not one token of this tokenizer: use the model's own template, or a tokenizer that has it"
            );
        }
    }
}

using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Finds the <see cref="SupervisedSpan"/>s of a row and writes them as JSON.</summary>
internal static class SupervisedSpans
{
    /// <summary>The spans of a row, or null where <see cref="SupervisedSpan.FromLabels"/> says the same.</summary>
    /// <param name="labels">The row's labels.</param>
    /// <param name="tokens">Where its tokens stand.</param>
    /// <param name="text">The rendered conversation.</param>
    /// <param name="view">The messages that were rendered.</param>
    /// <param name="turns">The turn of each message of the source.</param>
    public static IReadOnlyList<SupervisedSpan>? Find(
        ReadOnlySpan<int> labels,
        TokenSpans tokens,
        RowText text,
        ConversationView view,
        int[] turns
    )
    {
        List<SupervisedSpan> spans = [];
        ReadOnlySpan<int> starts = tokens.Starts;
        SupervisedSpan? open = null;
        int end = -1;
        int last = -1;
        string? known = null;
        int next;
        for (int i = 0; i < labels.Length; i = next)
        {
            next = i + 1;
            if (labels[i] == TokenRow.Unsupervised)
            {
                int more = labels[next..].IndexOfAnyExcept(TokenRow.Unsupervised);
                next = more < 0 ? labels.Length : next + more;
                continue;
            }

            // Tokens that begin in the same stretch of text say nothing new.
            int at = text.SpanAtByte(starts[i]);
            next = Math.Max(next, tokens.FirstFrom(text.BytesOf(at).End));
            int gap = labels[i..next].IndexOf(TokenRow.Unsupervised);
            next = gap < 0 ? next : i + gap;
            RenderedSpan place = text.Span(at);
            bool joins = open is not null && end == i && (place.Context < 0 || place.Context == last);
            string? field = FieldOf(place.Origin.Field);
            if (joins && (field is null || known is null || field == open!.Field))
            {
                // A part's opening tag stands before the first of its own characters.
                if (known is null && field is not null)
                {
                    open = open! with { Field = field };
                    known = field;
                }

                end = next;
                continue;
            }

            Close(spans, open, end);
            last = place.Context;
            known = field;
            string role = last < 0 ? SupervisedSpan.Assistant : NameOf(view.Messages[last]);
            int turn = last < 0 ? 1 : turns[view.Indexes[last]];
            open = new SupervisedSpan(i, i, role, field ?? SupervisedSpan.Content, turn);
            end = next;
        }

        Close(spans, open, end);
        return spans.SequenceEqual(SupervisedSpan.FromLabels(labels)) ? null : spans;
    }

    private static void Close(List<SupervisedSpan> spans, SupervisedSpan? open, int end)
    {
        if (open is not null)
        {
            spans.Add(open with { End = end });
        }
    }

    /// <summary>Writes spans as a JSON array.</summary>
    public static void Write(JsonWriter json, IReadOnlyList<SupervisedSpan> spans)
    {
        json.WriteStartArray();
        foreach (SupervisedSpan span in spans)
        {
            json.WriteStartObject();
            json.WriteNumber("start"u8, span.Start);
            json.WriteNumber("end"u8, span.End);
            json.WriteString("role"u8, span.Role);
            json.WriteString("field"u8, span.Field);
            json.WriteNumber("turn"u8, span.Turn);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Spans as UTF-8 JSON.</summary>
    public static byte[] ToBytes(IReadOnlyList<SupervisedSpan> spans)
    {
        using MemoryStream bytes = new();
        using (JsonWriter json = new(bytes))
        {
            Write(json, spans);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads <see cref="Write"/> back.</summary>
    /// <exception cref="KeyNotFoundException">A span lacks a field.</exception>
    /// <exception cref="InvalidOperationException">A value has another type.</exception>
    public static IReadOnlyList<SupervisedSpan> Read(JsonView json) =>
        [
            .. json.EnumerateArray()
                .Select(span => new SupervisedSpan(
                    span.GetProperty("start").GetInt32(),
                    span.GetProperty("end").GetInt32(),
                    span.GetProperty("role").GetString()!,
                    span.GetProperty("field").GetString()!,
                    span.GetProperty("turn").GetInt32()
                )),
        ];

    private static string NameOf(Message message) =>
        message.Role == Role.Unknown ? message.RoleName : message.Role.ToString().ToLowerInvariant();

    private static string? FieldOf(MessageField field) =>
        field switch
        {
            MessageField.Content => SupervisedSpan.Content,
            MessageField.Reasoning => "reasoning",
            MessageField.CallName or MessageField.CallArguments => "tool_calls",
            _ => null,
        };
}

// Folder Masking: which characters of a rendered conversation are an answer's own.
// Refuses to know: tokens, roles' texts, files.

namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>
/// Which characters of a rendered conversation are supervised. An answer is what was printed while it was the message at
/// hand, without the generation prompt, without anything of other messages or tool declarations, through its last stop
/// token.
/// </summary>
public sealed class MaskRule
{
    private readonly RenderSession _session;
    private readonly RenderedText _rendered;
    private readonly StopSearch _stops;
    private readonly List<RenderedSpan>?[] _blocks;
    private readonly int _messages;
    private readonly int _first;
    private readonly List<AnswerMask> _answers = [];
    private readonly List<MaskRefusal> _refusals = [];
    private readonly List<(int Start, int End)> _ranges = [];

    private MaskRule(RenderSession session, RenderedText rendered, int messages, int first, IReadOnlyList<string> stops)
    {
        _session = session;
        _rendered = rendered;
        _messages = messages;
        _first = first;
        _stops = new StopSearch(rendered, stops);
        _blocks = new List<RenderedSpan>?[messages];
        int[] sizes = new int[messages];
        foreach (RenderedSpan span in rendered.Spans)
        {
            if (span.Context >= 0 && span.Context < messages)
            {
                sizes[span.Context]++;
            }
        }

        foreach (RenderedSpan span in rendered.Spans)
        {
            if (span.Context >= 0 && span.Context < messages)
            {
                (_blocks[span.Context] ??= new List<RenderedSpan>(sizes[span.Context])).Add(span);
            }
        }
    }

    /// <summary>Renders a conversation and applies the rule to some of its messages.</summary>
    /// <param name="template">The template.</param>
    /// <param name="input">The conversation; rendered as it stands.</param>
    /// <param name="targets">The indexes of the messages to learn, in order.</param>
    /// <param name="stops">The stop tokens.</param>
    /// <exception cref="TemplateException">The template refuses the conversation.</exception>
    public static MaskedText Apply(
        ChatTemplate template,
        RenderInput input,
        IEnumerable<int> targets,
        IReadOnlyList<string> stops
    ) => Apply(template.Open(input), input, targets, stops);

    /// <summary>The same of a conversation that is ready to be rendered.</summary>
    internal static MaskedText Apply(
        RenderSession session,
        RenderInput input,
        IEnumerable<int> targets,
        IReadOnlyList<string> stops
    )
    {
        RenderedText rendered = session.Render();
        int count = Math.Min(input.Messages.GetArrayLength(), input.MessageCount ?? int.MaxValue);
        int first = 0;
        while (first < count && Role(input.Messages[first]) is "system" or "developer")
        {
            first++;
        }

        MaskRule rule = new(session, rendered, count, first, stops);
        foreach (int target in targets)
        {
            if (Role(input.Messages[target]) == "assistant")
            {
                rule.AddAnswer(target);
            }
            else
            {
                rule.AddOther(target);
            }
        }

        return new MaskedText(rendered, rule._answers, rule._refusals);
    }

    private static string? Role(JsonView message) =>
        message.Kind == JsonKind.Object
        && message.TryGetProperty("role", out JsonView role)
        && role.Kind == JsonKind.String
            ? role.GetString()
            : null;

    private void AddAnswer(int message)
    {
        List<RenderedSpan>? block = _blocks[message];
        if (block is null)
        {
            Refuse(message, "no-text", "the template prints nothing of this answer");
            return;
        }

        string prompt = _session.GenerationPrompt(message) ?? "";
        int start =
            message == _first
                ? PromptBoundary.FindOpening(_rendered.Text, block, message, prompt)
                : PromptBoundary.Find(_rendered.Text, block, message, prompt);
        int end = block[^1].End;
        (int Start, int End)? stop = _stops.Last(Math.Min(start, end), end, span => span.Context == message);
        bool learnsTail = false;
        if (stop is null && IsLastPrinted(message))
        {
            stop = AddTail(message, block, end);
            learnsTail = stop is { } found && _stops.HasWords(end, found.End);
        }

        int supervisedEnd = stop?.End ?? end;
        if (stop is null && _stops.At(end) is { } next)
        {
            // The stop token is the next message's header, as in GLM.
            stop = next;
        }

        KeepOwn(block, message, start, supervisedEnd, stop);
        if (_ranges.Count == 0)
        {
            Refuse(message, "no-text", "nothing of this answer is left to learn: its text is all prompt");
        }
        else if (stop is null)
        {
            Refuse(message, "no-stop", "no stop token ends this answer: name one with --eot, or use another template");
        }

        (int Start, int End) ended = stop ?? (supervisedEnd, supervisedEnd);
        _answers.Add(
            new AnswerMask(message, Math.Min(start, ended.End), ended.End, Runs.Merge(_ranges), ended)
            {
                SupervisesTail = learnsTail,
            }
        );
    }

    private void KeepOwn(List<RenderedSpan> block, int message, int start, int end, (int Start, int End)? stop)
    {
        _ranges.Clear();
        foreach (RenderedSpan span in block.Where(span => IsOwn(span, message)))
        {
            Keep(Math.Max(span.Start, start), Math.Min(span.End, end));
        }

        if (stop is { } token)
        {
            Keep(token.Start, token.End);
        }
    }

    private bool IsLastPrinted(int message)
    {
        for (int i = message + 1; i < _messages; i++)
        {
            if (_blocks[i] is not null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is printed after the loop counts for the last answer; gives the stop token there.</summary>
    private (int Start, int End)? AddTail(int message, List<RenderedSpan> block, int end)
    {
        List<RenderedSpan> tail =
        [
            .. _rendered.Spans.Where(span => span.Start >= end && (span.Traits & SpanTraits.OutsideLoop) != 0),
        ];
        if (tail.Count == 0)
        {
            return null;
        }

        (int Start, int End)? stop = _stops.Last(
            end,
            _rendered.Text.Length,
            span => span.Context == message || (span.Traits & SpanTraits.OutsideLoop) != 0
        );
        if (stop is not null)
        {
            block.AddRange(tail);
        }

        return stop;
    }

    /// <summary>A message of another role: its own words, and the stop token that follows them at once.</summary>
    private void AddOther(int message)
    {
        _ranges.Clear();
        foreach (RenderedSpan span in _blocks[message] ?? [])
        {
            if (span.Origin.MessageIndex == message && span.Origin.Field != MessageField.Role)
            {
                _ranges.Add((span.Start, span.End));
            }
        }

        if (_ranges.Count == 0)
        {
            Refuse(message, "no-text", "the template prints nothing of this message");
            return;
        }

        int end = _ranges[^1].End;
        (int Start, int End) stop = _stops.At(end) ?? (end, end);
        _ranges.Add(stop);
        _answers.Add(new AnswerMask(message, _ranges[0].Start, stop.End, Runs.Merge(_ranges), stop));
    }

    private static bool IsOwn(RenderedSpan span, int message) =>
        span.Origin.Kind switch
        {
            OriginKind.Message => span.Origin.MessageIndex == message,
            OriginKind.Tool => false,
            _ => true,
        };

    private void Keep(int start, int end)
    {
        if (start < end)
        {
            _ranges.Add((start, end));
        }
    }

    private void Refuse(int message, string code, string reason) =>
        _refusals.Add(new MaskRefusal(message, code, reason));
}

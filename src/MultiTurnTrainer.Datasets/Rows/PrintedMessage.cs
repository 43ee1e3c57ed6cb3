namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What a rendered text holds of one message.</summary>
internal sealed class PrintedMessage
{
    private int _fields;
    private int _words;
    private HashSet<int>? _parts;
    private HashSet<int>? _calls;

    /// <summary>Whether anything was printed of it or around it: its header, at least.</summary>
    public bool IsEmitted { get; private set; }

    /// <summary>The first of its own words in its own place, behind <see cref="Header"/>; null when there is none.</summary>
    public RenderedSpan? FirstOwn { get; private set; }

    /// <summary>Where the first character printed in its place stands.</summary>
    public int Header { get; private set; }

    /// <summary>The number of the first span of its content.</summary>
    public int FirstContentSpan { get; private set; }

    /// <summary>One past the number of the last span of its content.</summary>
    public int EndOfContentSpans { get; private set; }

    /// <summary>Whether the template computed words in its place, so that nothing of it need be named.</summary>
    public bool HasComputedWords { get; private set; }

    /// <summary>UTF-16 units of the content in the text.</summary>
    public int ContentLength { get; private set; }

    /// <summary>The first character of a content that is a text, as far as it was printed.</summary>
    public int ContentStart { get; private set; }

    /// <summary>The end of what was printed of a content that is a text.</summary>
    public int ContentEnd { get; private set; }

    /// <summary>Whether the content was printed in another form: which characters are missing cannot be told.</summary>
    public bool IsStringified { get; private set; }

    /// <summary>Whether arguments stand in the text as JSON inside a JSON string.</summary>
    public bool HasEncodedArguments { get; private set; }

    /// <summary>Adds a span that was printed while this message was at hand.</summary>
    public void AddEmitted(in RenderedSpan span, ReadOnlySpan<char> text)
    {
        Header = IsEmitted ? Header : span.Start;
        IsEmitted = true;
        if (FirstOwn is null && span.Origin.MessageIndex == span.Context && span.Origin.Field != MessageField.Role)
        {
            FirstOwn = span;
        }

        HasComputedWords |= span.Origin.Kind == OriginKind.Computed && HasWord(text);
    }

    /// <summary>Adds a span that came from this message.</summary>
    /// <param name="span">The span.</param>
    /// <param name="number">Its number in the text.</param>
    /// <param name="text">Its characters.</param>
    public void Add(in RenderedSpan span, int number, ReadOnlySpan<char> text)
    {
        MessageField field = span.Origin.Field;
        int bit = 1 << (int)field;
        _fields |= bit;
        if ((_words & bit) == 0 && !text.IsWhiteSpace())
        {
            _words |= bit;
        }

        if (span.Origin.ItemIndex is >= 0 and int item)
        {
            if (field == MessageField.Content)
            {
                (_parts ??= []).Add(item);
            }
            else if (field is MessageField.CallName or MessageField.CallArguments)
            {
                (_calls ??= []).Add(item);
            }
        }

        if (field == MessageField.Content)
        {
            int end = span.OriginOffset + text.Length;
            FirstContentSpan = ContentLength == 0 ? number : FirstContentSpan;
            EndOfContentSpans = number + 1;
            ContentStart = ContentLength == 0 ? span.OriginOffset : Math.Min(ContentStart, span.OriginOffset);
            ContentEnd = Math.Max(ContentEnd, end);
            ContentLength += text.Length;
            IsStringified |= (span.Traits & SpanTraits.Stringified) != 0;
        }
        else if (field == MessageField.CallArguments)
        {
            HasEncodedArguments |= IsEncoded(span.OriginOffset, text);
        }
    }

    /// <summary>Whether something of one part of its content was printed.</summary>
    public bool HasPart(int part) => _parts?.Contains(part) ?? false;

    /// <summary>Whether something of one of its calls was printed.</summary>
    public bool HasCall(int call) => _calls?.Contains(call) ?? false;

    /// <summary>Whether something of a part of it was printed.</summary>
    public bool Has(MessageField field) => (_fields & (1 << (int)field)) != 0;

    /// <summary>Whether anything of its own that is not blank was printed.</summary>
    public bool HasOwnWords =>
        HasComputedWords
        || (
            _words
            & (
                (1 << (int)MessageField.Content)
                | (1 << (int)MessageField.Reasoning)
                | (1 << (int)MessageField.CallName)
                | (1 << (int)MessageField.CallArguments)
            )
        ) != 0;

    // The first key of an object, {"a", with its quote escaped; the brace may be a span of its own.
    private static bool IsEncoded(int offset, ReadOnlySpan<char> text) =>
        text.StartsWith("{\\\"") || text.StartsWith("\"{\\\"") || (offset is > 0 and < 8 && text.StartsWith("\\\""));

    private static bool HasWord(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                return true;
            }
        }

        return false;
    }
}

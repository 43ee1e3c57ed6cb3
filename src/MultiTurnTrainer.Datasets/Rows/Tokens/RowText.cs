namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>A rendered conversation as UTF-8, with its spans in bytes.</summary>
internal sealed class RowText
{
    private readonly RenderedText _rendered;
    private readonly IReadOnlyList<Message> _messages;
    private readonly int[] _spanStarts;
    private int _lastFound;

    public RowText(RenderedText rendered, IReadOnlyList<Message> messages)
    {
        _rendered = rendered;
        _messages = messages;
        Utf8 = Encoding.UTF8.GetBytes(rendered.Text);
        IsAscii = Utf8.Length == rendered.Text.Length;
        _spanStarts = new int[rendered.Spans.Count];
        int bytes = 0;
        int chars = 0;
        for (int i = 0; i < _spanStarts.Length; i++)
        {
            int start = rendered.Spans[i].Start;
            bytes += CountBytes(chars, start);
            chars = start;
            _spanStarts[i] = bytes;
        }
    }

    /// <summary>The text.</summary>
    public byte[] Utf8 { get; }

    /// <summary>Whether bytes and UTF-16 units have the same places.</summary>
    public bool IsAscii { get; }

    /// <summary>The byte of a UTF-16 position.</summary>
    public int ByteOf(int position)
    {
        if (IsAscii)
        {
            return position;
        }

        int span = SpanAtChar(position);
        return span < 0 ? 0 : _spanStarts[span] + CountBytes(_rendered.Spans[span].Start, position);
    }

    /// <summary>The index of the span that holds a byte.</summary>
    public int SpanAtByte(int position)
    {
        // Tokens are looked up in order: mostly it is the span of the last one.
        int last = _lastFound;
        if (last + 1 < _spanStarts.Length && _spanStarts[last] <= position && position < _spanStarts[last + 1])
        {
            return last;
        }

        int found = Array.BinarySearch(_spanStarts, position);
        if (found < 0)
        {
            found = Math.Max(0, ~found - 1);
        }

        // Empty spans share their start with the one that has the byte.
        while (found + 1 < _spanStarts.Length && _spanStarts[found + 1] == position)
        {
            found++;
        }

        _lastFound = found;
        return found;
    }

    /// <summary>The bytes of the span at an index.</summary>
    public (int Start, int End) BytesOf(int index) =>
        (_spanStarts[index], index + 1 < _spanStarts.Length ? _spanStarts[index + 1] : Utf8.Length);

    /// <summary>The span at an index.</summary>
    public RenderedSpan Span(int index) => _rendered.Spans[index];

    /// <summary>
    /// Whether a control token may cover these bytes: all of them literal, from a variable or a role's plain name
    /// (<c>&lt;|</c> + role + <c>|&gt;</c>), or, for answer tags, all of them an assistant's own content or reasoning.
    /// </summary>
    public bool MayFormControl(int start, int end, bool isAllowedInAnswer)
    {
        bool allOwn = true;
        bool allAnswer = isAllowedInAnswer;
        for (int i = SpanAtByte(start); i < _spanStarts.Length && _spanStarts[i] < end; i++)
        {
            Origin origin = _rendered.Spans[i].Origin;
            allOwn &= origin.Kind is OriginKind.Literal or OriginKind.Variable || IsPlainRole(origin);
            allAnswer =
                allAnswer
                && origin.Field is MessageField.Content or MessageField.Reasoning
                && _messages[origin.MessageIndex].Role == Role.Assistant;
        }

        return allOwn || allAnswer;
    }

    private bool IsPlainRole(Origin origin) =>
        origin.Field == MessageField.Role
        && _messages[origin.MessageIndex].RoleName.All(c => char.IsAsciiLetter(c) || c == '_');

    private int SpanAtChar(int position)
    {
        int low = 0;
        int high = _rendered.Spans.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_rendered.Spans[middle].Start <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private int CountBytes(int from, int to) =>
        IsAscii ? to - from : Encoding.UTF8.GetByteCount(_rendered.Text.AsSpan(from, to - from));
}

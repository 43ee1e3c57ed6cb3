using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Rendering;

/// <summary>Collects the printed text and its spans.</summary>
internal sealed class TextSink(bool tracked)
{
    // One rendering at a time on a thread: its buffers serve the next one too.
    [ThreadStatic]
    private static char[]? _spareChars;

    [ThreadStatic]
    private static RenderedSpan[]? _spareSpans;

    private char[] _chars = Take(ref _spareChars, 4096);
    private RenderedSpan[] _spans = tracked ? Take(ref _spareSpans, 128) : [];
    private int _count;

    /// <summary>The number of UTF-16 units so far.</summary>
    public int Length { get; private set; }

    /// <summary>Adds a run.</summary>
    public void Append(StrValue leaf, int context, int line, SpanTraits traits)
    {
        int start = Length;
        Write(leaf.Text);
        if (!tracked || Length == start)
        {
            return;
        }

        if (_count == _spans.Length)
        {
            Array.Resize(ref _spans, _count * 2);
        }

        _spans[_count++] = new RenderedSpan(
            start,
            Length,
            leaf.Origin ?? Origin.Computed,
            leaf.Offset,
            context,
            leaf.Origin is { Kind: OriginKind.Literal } origin ? origin.Line : line,
            traits
        );
    }

    /// <summary>Adds a text without spans.</summary>
    public void AppendUntracked(StrValue text)
    {
        if (text.IsLeaf)
        {
            Write(text.Text);
        }
        else
        {
            text.ForEachLeaf(this, static (sink, leaf) => sink.Write(leaf.Text));
        }
    }

    /// <summary>The text and its spans; the sink is done.</summary>
    public (string Text, RenderedSpan[] Spans) Finish()
    {
        string text = new(_chars, 0, Length);
        RenderedSpan[] spans = _spans.AsSpan(0, _count).ToArray();
        GiveBack();
        return (text, spans);
    }

    /// <summary>The first character that differs from a text, -1 where none does; the sink is done.</summary>
    public int FindDifference(string text)
    {
        ReadOnlySpan<char> printed = _chars.AsSpan(0, Length);
        int difference = printed.SequenceEqual(text) ? -1 : printed.CommonPrefixLength(text);
        GiveBack();
        return difference;
    }

    private void GiveBack()
    {
        if (_chars.Length <= 1 << 20)
        {
            _spareChars = _chars;
            _spareSpans = tracked ? _spans : _spareSpans;
        }

        _chars = [];
        _spans = [];
    }

    private static T[] Take<T>(ref T[]? spare, int size)
    {
        T[] buffer = spare ?? new T[size];
        spare = null;
        return buffer;
    }

    private void Write(string text)
    {
        // A buffer that doubles, its copy at the end, and a span for each run.
        RenderBudget.Make(2 + (text.Length / 8), 96 + (8L * text.Length));
        if (Length + text.Length > _chars.Length)
        {
            if (Length + (long)text.Length > Limits.MaxText)
            {
                throw Limits.TextTooLong();
            }

            Array.Resize(ref _chars, Math.Max(_chars.Length * 2, Length + text.Length));
        }

        text.CopyTo(0, _chars, Length, text.Length);
        Length += text.Length;
    }
}

namespace MultiTurnTrainer.Templates;

/// <summary>Facts about how a run of characters was printed.</summary>
[Flags]
public enum SpanTraits
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Inside <c>{% generation %}</c>.</summary>
    Generation = 1,

    /// <summary>Under a test of <c>add_generation_prompt</c>.</summary>
    GenerationPrompt = 2,

    /// <summary>Printed while no loop over messages was active.</summary>
    OutsideLoop = 4,

    /// <summary>The text of a list or dictionary as Python prints it, or a text whose length changed with its case.</summary>
    Stringified = 8,
}

/// <summary>A run of characters with one origin. Positions are UTF-16 indexes into <see cref="RenderedText.Text"/>.</summary>
/// <param name="Start">The first character.</param>
/// <param name="End">One past the last character.</param>
/// <param name="Origin">Where the characters came from.</param>
/// <param name="OriginOffset">Where in the origin's text the run starts (UTF-16); 0 for literals.</param>
/// <param name="Context">The index of the message that was being emitted, or -1.</param>
/// <param name="Line">The template line that printed it, from 1.</param>
/// <param name="Traits">Facts about the printing.</param>
public readonly record struct RenderedSpan(
    int Start,
    int End,
    Origin Origin,
    int OriginOffset,
    int Context,
    int Line,
    SpanTraits Traits
);

/// <summary>A rendered conversation: the text, and for every character where it came from.</summary>
public sealed class RenderedText
{
    internal RenderedText(string text, RenderedSpan[] spans, int loopEnd)
    {
        Text = text;
        Spans = spans;
        LoopEnd = loopEnd;
    }

    /// <summary>The text, byte for byte what jinja2 gives.</summary>
    public string Text { get; }

    /// <summary>The runs, in order; they cover the text without gaps.</summary>
    public IReadOnlyList<RenderedSpan> Spans { get; }

    /// <summary>Where the text after the last loop over messages begins (UTF-16); -1 when no such loop ran.</summary>
    public int LoopEnd { get; }
}

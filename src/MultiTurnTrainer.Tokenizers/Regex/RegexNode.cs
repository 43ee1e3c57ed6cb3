namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>The syntax tree of a regular expression.</summary>
internal abstract record RegexNode
{
    /// <summary>Matches the empty text.</summary>
    public sealed record Empty : RegexNode;

    /// <summary>One scalar of a set.</summary>
    public sealed record Scalar(CodePointSet Set) : RegexNode;

    /// <summary>One after the other.</summary>
    public sealed record Concat(IReadOnlyList<RegexNode> Parts) : RegexNode;

    /// <summary>The first that lets the rest match.</summary>
    public sealed record Alternate(IReadOnlyList<RegexNode> Branches) : RegexNode;

    /// <summary>Repetition; <paramref name="Max"/> of −1 is without end.</summary>
    public sealed record Repeat(RegexNode Body, int Min, int Max, RepeatMode Mode) : RegexNode;

    /// <summary>A group that remembers what it matched.</summary>
    public sealed record Capture(int Index, RegexNode Body) : RegexNode;

    /// <summary>Lookahead or lookbehind.</summary>
    public sealed record Look(RegexNode Body, bool Behind, bool Negative) : RegexNode;

    /// <summary>A group that is not entered again once it matched.</summary>
    public sealed record Atomic(RegexNode Body) : RegexNode;

    /// <summary>A condition on a position.</summary>
    public sealed record Assert(RegexAssertion Kind) : RegexNode;

    /// <summary>What a group matched, again.</summary>
    public sealed record Backreference(int Index) : RegexNode;
}

/// <summary>How a repetition gives way.</summary>
internal enum RepeatMode
{
    /// <summary>As much as possible, then less.</summary>
    Greedy,

    /// <summary>As little as possible, then more.</summary>
    Lazy,

    /// <summary>As much as possible, and nothing else.</summary>
    Possessive,
}

/// <summary>Conditions on a position.</summary>
internal enum RegexAssertion
{
    /// <summary><c>^</c>: at the beginning, or behind a newline that is not the last thing.</summary>
    LineStart,

    /// <summary><c>$</c>: at the end, or before a newline.</summary>
    LineEnd,

    /// <summary><c>\A</c></summary>
    TextStart,

    /// <summary><c>\z</c></summary>
    TextEnd,

    /// <summary><c>\Z</c>: at the end, or before a final newline.</summary>
    TextEndOrNewline,

    /// <summary><c>\G</c></summary>
    SearchStart,

    /// <summary><c>\b</c></summary>
    WordBoundary,

    /// <summary><c>\B</c></summary>
    NoWordBoundary,
}

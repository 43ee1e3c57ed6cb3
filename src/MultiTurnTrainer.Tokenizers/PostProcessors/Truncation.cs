using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary>Which text gives way when there are too many tokens.</summary>
internal enum TruncationStrategy
{
    /// <summary>The longer one first.</summary>
    LongestFirst,

    /// <summary>The first.</summary>
    OnlyFirst,

    /// <summary>The second.</summary>
    OnlySecond,
}

/// <summary>The <c>truncation</c> section. What is cut off is not kept.</summary>
/// <param name="MaxLength">Tokens that stay, special ones included.</param>
/// <param name="Stride">Tokens that overflowing parts share; must be smaller than what stays.</param>
/// <param name="Strategy">Which text gives way.</param>
/// <param name="FromLeft">Whether the beginning is cut off instead of the end.</param>
internal sealed record Truncation(int MaxLength, int Stride, TruncationStrategy Strategy, bool FromLeft)
{
    /// <summary>Cuts the segments of one text or a pair.</summary>
    /// <param name="segments">The texts' tokens.</param>
    /// <param name="reserved">Special tokens that will be added.</param>
    /// <exception cref="TokenizationException">The strategy cannot be met.</exception>
    public void Apply(List<Segment> segments, int reserved)
    {
        int room = MaxLength - reserved;
        if (room < 0)
        {
            // The reference's arithmetic wraps around here, and nothing is cut.
            return;
        }

        int total = segments.Sum(s => s.Count);
        if (total <= room && room > 0)
        {
            return;
        }

        if (room == 0)
        {
            segments.ForEach(s => Cut(s, 0));
            return;
        }

        int surplus = total - room;
        if (Strategy == TruncationStrategy.LongestFirst)
        {
            CutLongest(segments, room);
            return;
        }

        int index = Strategy == TruncationStrategy.OnlyFirst ? 0 : 1;
        if (index >= segments.Count)
        {
            throw new TokenizationException("truncation: only the second text may be cut, and there is none");
        }

        if (segments[index].Count <= surplus)
        {
            throw new TokenizationException("truncation: the text that may be cut is too short");
        }

        Cut(segments[index], segments[index].Count - surplus);
    }

    private void CutLongest(List<Segment> segments, int room)
    {
        if (segments.Count == 1)
        {
            Cut(segments[0], room);
            return;
        }

        int shorter = Math.Min(segments[0].Count, segments[1].Count);
        bool swap = segments[0].Count > segments[1].Count;
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = shorter + room % 2;
        }

        Cut(segments[0], swap ? longer : shorter);
        Cut(segments[1], swap ? shorter : longer);
    }

    private void Cut(Segment segment, int length)
    {
        if (length >= segment.Count)
        {
            return;
        }

        if (length > 0 && Stride >= length)
        {
            throw new TokenizationException("truncation: the stride must be smaller than what stays");
        }

        segment.Keep(FromLeft ? segment.Count - length : 0, length);
    }
}

namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary>The <c>padding</c> section.</summary>
/// <param name="Length">The least length, or −1: no more than the text itself has.</param>
/// <param name="MultipleOf">The length is rounded up to a multiple of this, if it is not 0.</param>
/// <param name="OnLeft">Whether padding stands before the text.</param>
/// <param name="Id">The padding token.</param>
/// <param name="TypeId">Its type id.</param>
internal sealed record Padding(int Length, int MultipleOf, bool OnLeft, int Id, int TypeId)
{
    /// <summary>The segment with its padding.</summary>
    public Segment Apply(Segment segment)
    {
        int length = Length < 0 ? segment.Count : Length;
        if (MultipleOf > 0 && length % MultipleOf > 0)
        {
            length += MultipleOf - length % MultipleOf;
        }

        if (segment.Count >= length)
        {
            return segment;
        }

        Segment padding = new();
        for (int i = segment.Count; i < length; i++)
        {
            padding.AddSpecial(Id, TypeId);
        }

        if (!OnLeft)
        {
            segment.Append(padding);
            return segment;
        }

        padding.Append(segment);
        return padding;
    }
}

namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary><c>BertProcessing</c>: <c>[CLS] A [SEP]</c>, and <c>B [SEP]</c> behind it.</summary>
internal sealed class BertPostProcessor(int sep, int cls) : IPostProcessor
{
    /// <inheritdoc/>
    public bool TrimsOffsets => false;

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => isPair ? 3 : 2;

    /// <inheritdoc/>
    public List<Segment> Process(List<Segment> segments, bool addSpecialTokens)
    {
        if (!addSpecialTokens)
        {
            return segments;
        }

        List<Segment> result = [];
        for (int i = 0; i < segments.Count; i++)
        {
            Segment whole = new();
            if (i == 0)
            {
                whole.AddSpecial(cls, 0);
            }

            whole.Append(segments[i]);
            whole.AddSpecial(sep, i == 0 ? 0 : 1);
            result.Add(whole);
        }

        return result;
    }
}

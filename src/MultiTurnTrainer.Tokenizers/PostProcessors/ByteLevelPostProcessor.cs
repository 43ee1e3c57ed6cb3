namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary><c>ByteLevel</c>: trims offsets, where asked to.</summary>
internal sealed class ByteLevelPostProcessor(bool addPrefixSpace, bool trimOffsets) : IPostProcessor
{
    /// <inheritdoc/>
    public bool TrimsOffsets => trimOffsets;

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => 0;

    /// <inheritdoc/>
    public List<Segment> Process(List<Segment> segments, bool addSpecialTokens)
    {
        if (trimOffsets)
        {
            foreach (Segment segment in segments)
            {
                OffsetTrimming.Trim(segment, addPrefixSpace);
            }
        }

        return segments;
    }
}

namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary><c>RobertaProcessing</c>: <c>&lt;s&gt; A &lt;/s&gt;</c>, and <c>&lt;/s&gt; B &lt;/s&gt;</c> behind it; offsets trimmed.</summary>
internal sealed class RobertaPostProcessor(int sep, int cls, bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    /// <inheritdoc/>
    public bool TrimsOffsets => trimOffsets;

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => isPair ? 4 : 2;

    /// <inheritdoc/>
    public List<Segment> Process(List<Segment> segments, bool addSpecialTokens)
    {
        List<Segment> result = [];
        for (int i = 0; i < segments.Count; i++)
        {
            if (trimOffsets)
            {
                OffsetTrimming.Trim(segments[i], addPrefixSpace);
            }

            segments[i].SetType(0);
            if (!addSpecialTokens)
            {
                result.Add(segments[i]);
                continue;
            }

            Segment whole = new();
            whole.AddSpecial(i == 0 ? cls : sep, 0);
            whole.Append(segments[i]);
            whole.AddSpecial(sep, 0);
            result.Add(whole);
        }

        return result;
    }
}

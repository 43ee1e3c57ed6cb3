// Folder PostProcessors: tokens around a text.
// Refuses to know: the text.
namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary>Works on the tokens of one text or a pair: adds special tokens, trims offsets.</summary>
internal interface IPostProcessor
{
    /// <summary>Whether <see cref="Segment.Blanks"/> is needed.</summary>
    bool TrimsOffsets { get; }

    /// <summary>How many tokens it adds.</summary>
    int AddedTokens(bool isPair);

    /// <summary>The segments in their new order.</summary>
    List<Segment> Process(List<Segment> segments, bool addSpecialTokens);
}

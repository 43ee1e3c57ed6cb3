namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>What a layer's attention over a pack is, beside its tensors.</summary>
/// <param name="Starts">Where each sequence starts, and the total.</param>
/// <param name="Scale">The factor on the scores.</param>
/// <param name="Window">How many keys a query sees, itself included; null for all before it.</param>
/// <param name="Softcap">Scores become cap · tanh(score / cap); 0 where they do not.</param>
internal sealed record AttentionSpan(int[] Starts, float Scale, int? Window, float Softcap)
{
    // The scores of a block, in fp32 and as factors, stay in the second-level cache for sequences of 500 tokens.
    private const int BlockQueries = 128;

    /// <summary>The number of sequences.</summary>
    public int Sequences => Starts.Length - 1;

    /// <summary>The most queries of a block.</summary>
    public int MostQueries => Math.Min(BlockQueries, Longest);

    /// <summary>The length of the longest sequence.</summary>
    public int Longest => Enumerable.Range(0, Sequences).Max(i => Starts[i + 1] - Starts[i]);

    /// <summary>Queries and keys that meet, without a window, twice the visible ones.</summary>
    public double Pairs =>
        Enumerable.Range(0, Sequences).Sum(i => (double)(Starts[i + 1] - Starts[i]) * (Starts[i + 1] - Starts[i]));

    /// <summary>The blocks of queries of a sequence.</summary>
    public IEnumerable<AttentionBlock> Blocks(int sequence)
    {
        int length = Starts[sequence + 1] - Starts[sequence];
        for (int first = 0; first < length; first += BlockQueries)
        {
            int count = Math.Min(BlockQueries, length - first);
            int low = Window is { } window ? Math.Max(0, first - window + 1) : 0;
            yield return new AttentionBlock(
                Starts[sequence] + first,
                Starts[sequence] + low,
                count,
                first + count - low,
                first - low,
                Window
            );
        }
    }
}

/// <summary>A block of queries against the keys they may see.</summary>
/// <param name="FirstQuery">The token of the first query.</param>
/// <param name="FirstKey">The token of the first key.</param>
/// <param name="Queries">Queries of the block; query i is at key <paramref name="Offset"/> + i.</param>
/// <param name="Keys">Keys before them and among them.</param>
/// <param name="Offset">Where the first query stands.</param>
/// <param name="Window">How many keys a query sees, itself included; null for all before it.</param>
internal readonly record struct AttentionBlock(
    int FirstQuery,
    int FirstKey,
    int Queries,
    int Keys,
    int Offset,
    int? Window
)
{
    /// <summary>The keys [first, end) that a query sees.</summary>
    public (int First, int End) Visible(int query)
    {
        int own = Offset + query;
        int end = Math.Min(Keys, own + 1);
        return (Window is { } window ? Math.Max(0, own + 1 - window) : 0, end);
    }
}

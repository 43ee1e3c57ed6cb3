namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>A block of queries against the keys they may see.</summary>
/// <param name="Queries">Queries of the block; query i stands at key <paramref name="Offset"/> + i.</param>
/// <param name="Keys">Keys before them and among them.</param>
/// <param name="Offset">Where the first query stands.</param>
/// <param name="Scale">The factor on the scores.</param>
/// <param name="Window">How many keys a query sees, itself included; null for all before it.</param>
/// <param name="Softcap">Scores become cap · tanh(score / cap); 0 where they do not.</param>
internal readonly record struct AttentionShape(
    int Queries,
    int Keys,
    int Offset,
    float Scale,
    int? Window,
    float Softcap
)
{
    /// <summary>The keys [first, end) that the query of a row sees.</summary>
    public (int First, int End) Visible(long row)
    {
        int own = Offset + (int)(row % Queries);
        int end = Math.Min(Keys, own + 1);
        return (Window is { } window ? Math.Max(0, own + 1 - window) : 0, end);
    }
}

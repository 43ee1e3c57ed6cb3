using MultiTurnTrainer.Audit.Comparing;
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit;

/// <summary>The tokens around a fault, as <c>mtt inspect</c> shows them: what the trainer supervises, coloured by whose it is.</summary>
internal static class ExampleView
{
    private const int Before = 16;
    private const int After = 32;

    /// <summary>The view.</summary>
    /// <param name="row">The trainer's row.</param>
    /// <param name="own">mtt's own, which knows whose the tokens are; null where there is none.</param>
    /// <param name="start">The token in the middle.</param>
    /// <param name="table">The bytes of tokens.</param>
    public static RowView Of(AuditedRow row, OwnRow? own, int start, TokenTable table)
    {
        int from = Math.Max(0, start - Before);
        int to = Math.Min(row.InputIds.Length, start + After);
        int[] places = own is null ? [] : TokenDiff.Match(row.InputIds, own.Row.InputIds);
        TokenView[] tokens = new TokenView[to - from];
        List<byte> pending = [];
        for (int i = from; i < to; i++)
        {
            pending.AddRange(table[row.InputIds[i]]);
            string text = Encoding.UTF8.GetString([.. pending]);
            bool isWhole = !text.Contains('\uFFFD', StringComparison.Ordinal) || i + 1 == to || pending.Count > 3;
            tokens[i - from] = new TokenView(
                row.InputIds[i],
                isWhole ? text : "",
                row.IsSupervised(i) ? row.Weights?[i] ?? 1 : 0,
                null,
                i < places.Length && places[i] >= 0 ? Group(own!.PlaceOf(places[i])) : "literal",
                "-",
                0
            );
            if (isWhole)
            {
                pending.Clear();
            }
        }

        string title = Invariant($"{row.Place}{(row.Id is null ? "" : $" {row.Id}")} tokens {from}–{to}");
        return new RowView(title.Trim(), tokens, []);
    }

    private static string Group(TokenPlace place) =>
        place switch
        {
            TokenPlace.User => "user",
            TokenPlace.System => "system",
            TokenPlace.ToolResult => "tool",
            TokenPlace.Tools => "tools",
            TokenPlace.Template or TokenPlace.Header or TokenPlace.AfterStop => "literal",
            _ => "assistant",
        };
}

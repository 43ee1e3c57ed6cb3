namespace MultiTurnTrainer.Datasets.Views;

/// <summary>Tokens and supervised tokens of one role's field, or of one other origin.</summary>
/// <param name="Group">A role's name, <c>literal</c>, <c>variable</c>….</param>
/// <param name="Field">The field of the message; <c>-</c> outside messages.</param>
/// <param name="Tokens">Tokens whose first character came from there.</param>
/// <param name="Supervised">How many of them are supervised.</param>
public sealed record MaskSummaryLine(string Group, string Field, long Tokens, long Supervised)
{
    /// <summary>The share that is supervised, 0 to 1.</summary>
    public double Share => Tokens == 0 ? 0 : (double)Supervised / Tokens;

    /// <summary>Counts views by role and field, in alphabetical order, with the total last.</summary>
    public static IReadOnlyList<MaskSummaryLine> Of(IEnumerable<RowView> rows)
    {
        SortedDictionary<(string Group, string Field), (long Tokens, long Supervised)> counts = new(
            Comparer<(string Group, string Field)>.Create(
                static (left, right) =>
                    string.CompareOrdinal(left.Group, right.Group) is int order and not 0
                        ? order
                        : string.CompareOrdinal(left.Field, right.Field)
            )
        );
        (long Tokens, long Supervised) total = default;
        foreach (TokenView token in rows.SelectMany(row => row.Tokens))
        {
            int own = token.Supervised ? 1 : 0;
            (long tokens, long supervised) = counts.GetValueOrDefault((token.Group, token.Field));
            counts[(token.Group, token.Field)] = (tokens + 1, supervised + own);
            total = (total.Tokens + 1, total.Supervised + own);
        }

        return
        [
            .. counts.Select(count => new MaskSummaryLine(
                count.Key.Group,
                count.Key.Field,
                count.Value.Tokens,
                count.Value.Supervised
            )),
            new MaskSummaryLine("all", "", total.Tokens, total.Supervised),
        ];
    }
}

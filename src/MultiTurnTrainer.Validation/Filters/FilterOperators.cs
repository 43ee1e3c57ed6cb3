namespace MultiTurnTrainer.Validation.Filters;

/// <summary>Comparisons of filter values.</summary>
internal static class FilterOperators
{
    public static bool Is(string name) =>
        name is "==" or "!=" or "<" or "<=" or ">" or ">=" or "contains" or "startswith" or "endswith";

    public static bool Apply(string name, FilterValue left, FilterValue right) =>
        name switch
        {
            "==" => Equals(left.Value, right.Value),
            "!=" => !Equals(left.Value, right.Value),
            "contains" => left.Text.Contains(right.Text, StringComparison.Ordinal),
            "startswith" => left.Text.StartsWith(right.Text, StringComparison.Ordinal),
            "endswith" => left.Text.EndsWith(right.Text, StringComparison.Ordinal),
            _ => Order(left, right) is { } order
                && name switch
                {
                    "<" => order < 0,
                    "<=" => order <= 0,
                    ">" => order > 0,
                    _ => order >= 0,
                },
        };

    private static int? Order(FilterValue left, FilterValue right) =>
        (left.Value, right.Value) switch
        {
            (double one, double other) => one.CompareTo(other),
            (string one, string other) => string.CompareOrdinal(one, other),
            _ => null,
        };
}

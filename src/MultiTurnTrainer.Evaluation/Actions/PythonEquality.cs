using System.Numerics;

namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>Whether two values are equal as Python compares: <c>1 == 1.0 == True</c>, texts exactly.</summary>
internal static class PythonEquality
{
    public static bool Same(object? left, object? right) =>
        (left, right) switch
        {
            (null, null) => true,
            (string a, string b) => a == b,
            (List<object?> a, List<object?> b) => SameItems(a, b),
            (PythonTuple a, PythonTuple b) => SameItems(a.Items, b.Items),
            (IReadOnlyDictionary<string, object?> a, IReadOnlyDictionary<string, object?> b) => a.Count == b.Count
                && a.All(pair => b.TryGetValue(pair.Key, out object? value) && Same(pair.Value, value)),
            _ => IsNumber(left) && IsNumber(right) && SameNumber(left!, right!),
        };

    private static bool SameItems(IReadOnlyList<object?> left, IReadOnlyList<object?> right) =>
        left.Count == right.Count && left.Zip(right).All(both => Same(both.First, both.Second));

    private static bool IsNumber(object? value) => value is bool or long or BigInteger or double;

    private static bool SameNumber(object left, object right) =>
        (left, right) switch
        {
            (double a, double b) => a == b,
            (double a, _) => a == Math.Floor(a) && double.IsFinite(a) && new BigInteger(a) == Whole(right),
            (_, double) => SameNumber(right, left),
            _ => Whole(left) == Whole(right),
        };

    private static BigInteger Whole(object value) =>
        value switch
        {
            bool truth => truth ? 1 : 0,
            long number => number,
            _ => (BigInteger)value,
        };
}

using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Python's <c>sorted</c>: stable, in both directions, and an error where two keys have no order.</summary>
internal static class Sorting
{
    /// <summary>The items in the order of their keys.</summary>
    public static List<Value> Sort(List<Value> items, Func<Value, Value> key, bool reverse)
    {
        RenderBudget.Make(20L * items.Count, 200L * items.Count);
        (Value Key, Value Item)[] pairs = [.. items.Select(item => (key(item), item))];
        (Value Key, Value Item)[] scratch = new (Value, Value)[pairs.Length];
        Merge(pairs, scratch, 0, pairs.Length, reverse);
        return [.. pairs.Select(pair => pair.Item)];
    }

    private static void Merge((Value Key, Value Item)[] a, (Value, Value)[] scratch, int from, int to, bool reverse)
    {
        if (to - from < 2)
        {
            return;
        }

        int middle = (from + to) / 2;
        Merge(a, scratch, from, middle, reverse);
        Merge(a, scratch, middle, to, reverse);
        int i = from;
        int j = middle;
        for (int k = from; k < to; k++)
        {
            bool right =
                i >= middle
                || (
                    j < to
                    && (
                        reverse
                            ? Operators.Order(a[i].Key, a[j].Key, "<") < 0
                            : Operators.Order(a[j].Key, a[i].Key, "<") < 0
                    )
                );
            scratch[k] = right ? a[j++] : a[i++];
        }

        Array.Copy(scratch, from, a, from, to - from);
    }
}

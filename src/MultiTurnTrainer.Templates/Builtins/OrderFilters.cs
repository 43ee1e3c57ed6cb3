using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Filters that compare items: sorting, grouping, extremes, duplicates. Case is folded unless told.</summary>
internal static class OrderFilters
{
    /// <summary>The filters.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new(
            "dictsort",
            "case_sensitive? by? reverse?",
            (_, a) => DictSort(a[0]!, Arg.Flag(a[1]), a[2], Arg.Flag(a[3]))
        ),
        new("groupby", "attribute default? case_sensitive?", (_, a) => GroupBy(a[0]!, a[1]!, a[2], Arg.Flag(a[3]))),
        new("max", "case_sensitive? attribute?", (_, a) => Extreme(a[0]!, Arg.Flag(a[1]), a[2], ">")),
        new("min", "case_sensitive? attribute?", (_, a) => Extreme(a[0]!, Arg.Flag(a[1]), a[2], "<")),
        new("sort", "reverse? case_sensitive? attribute?", (_, a) => Sort(a[0]!, Arg.Flag(a[1]), Arg.Flag(a[2]), a[3])),
        new("unique", "case_sensitive? attribute?", (_, a) => new IteratorValue(Unique(a[0]!, Arg.Flag(a[1]), a[2]))),
    ];

    private static ListValue DictSort(Value value, bool caseSensitive, Value? by, bool reverse)
    {
        string part = by is null ? "key" : Arg.Text(by).Text;
        if (part is not ("key" or "value"))
        {
            throw TemplateException.Type("You can only sort by either \"key\" or \"value\"");
        }

        DictValue dict = NeedDict(value, "items");
        List<Value> pairs = [.. dict.Entries.Select(e => ListValue.Tuple(e.Key, e.Value))];
        return new ListValue(
            Sorting.Sort(pairs, pair => Fold(((ListValue)pair).Items[part == "key" ? 0 : 1], caseSensitive), reverse)
        );
    }

    private static ListValue GroupBy(Value value, Value attribute, Value? missing, bool caseSensitive)
    {
        AttributePath path = new(attribute, Arg.Given(missing) ? missing : null);
        List<Value> sorted = Sorting.Sort(Arg.List(value), item => Fold(path.Get(item), caseSensitive), reverse: false);
        List<Value> groups = [];
        for (int i = 0; i < sorted.Count; )
        {
            Value key = Fold(path.Get(sorted[i]), caseSensitive);
            int end = i + 1;
            while (end < sorted.Count && Fold(path.Get(sorted[end]), caseSensitive).Eq(key))
            {
                end++;
            }

            groups.Add(
                new ListValue([path.Get(sorted[i]), new ListValue(sorted.GetRange(i, end - i))], isTuple: true)
                {
                    Names = ["grouper", "list"],
                }
            );
            i = end;
        }

        return new ListValue(groups);
    }

    private static Value Extreme(Value value, bool caseSensitive, Value? attribute, string op)
    {
        AttributePath path = new(attribute ?? NoneValue.Instance);
        Value? best = null;
        Value? bestKey = null;
        foreach (Value item in value.Iterate())
        {
            Value key = Fold(path.Get(item), caseSensitive);
            int? order = bestKey is null ? null : Operators.Order(key, bestKey, op);
            if (bestKey is null || (op == "<" ? order < 0 : order > 0))
            {
                best = item;
                bestKey = key;
            }
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private static ListValue Sort(Value value, bool reverse, bool caseSensitive, Value? attribute)
    {
        AttributePath[] paths = AttributePath.Several(attribute ?? NoneValue.Instance);
        return new ListValue(
            Sorting.Sort(
                Arg.List(value),
                item => new ListValue([.. paths.Select(path => Fold(path.Get(item), caseSensitive))]),
                reverse
            )
        );
    }

    private static IEnumerable<Value> Unique(Value value, bool caseSensitive, Value? attribute)
    {
        AttributePath path = new(attribute ?? NoneValue.Instance);
        HashSet<Value> seen = new(ByValue.Comparer);
        foreach (Value item in value.Iterate())
        {
            Value key = Fold(path.Get(item), caseSensitive);
            if (!key.IsHashable)
            {
                throw TemplateException.Type($"unhashable type: '{key.TypeName}'");
            }

            if (seen.Add(key))
            {
                yield return item;
            }
        }
    }

    private static Value Fold(Value value, bool caseSensitive) =>
        !caseSensitive && value is StrValue s ? TextCase.Lower(s) : value;

    private static DictValue NeedDict(Value value, string method) =>
        value switch
        {
            DictValue dict => dict,
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw TemplateException.Type($"'{value.TypeName}' object has no attribute '{method}'"),
        };
}

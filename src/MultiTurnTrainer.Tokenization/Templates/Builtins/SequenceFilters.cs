using MultiTurnTrainer.Tokenization.Templates.Rendering;
using MultiTurnTrainer.Tokenization.Templates.Values;

namespace MultiTurnTrainer.Tokenization.Templates.Builtins;

/// <summary>Filters on sequences and mappings. Those that are generators in jinja2 run as lazily here.</summary>
internal static class SequenceFilters
{
    /// <summary>The filters.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new("batch", "linecount fill_with?", (r, a) => new IteratorValue(Batch(r, a[0]!, a[1]!, a[2]))),
        new("slice", "slices fill_with?", (r, a) => new IteratorValue(Slice(r, a[0]!, a[1]!, a[2]))),
        new(
            "dictsort",
            "case_sensitive? by? reverse?",
            (_, a) => DictSort(a[0]!, Arg.Flag(a[1]), a[2], Arg.Flag(a[3]))
        ),
        new("first", "", (_, a) => First(a[0]!)),
        new("last", "", (_, a) => Last(a[0]!)),
        new("groupby", "attribute default? case_sensitive?", (_, a) => GroupBy(a[0]!, a[1]!, a[2], Arg.Flag(a[3]))),
        new("items", "", (_, a) => new IteratorValue(Items(a[0]!))),
        new("map", "*args **kwargs", (r, a) => new IteratorValue(Map(r, a[0]!, (ListValue)a[1]!, (DictValue)a[2]!))),
        new("max", "case_sensitive? attribute?", (_, a) => Extreme(a[0]!, Arg.Flag(a[1]), a[2], ">")),
        new("min", "case_sensitive? attribute?", (_, a) => Extreme(a[0]!, Arg.Flag(a[1]), a[2], "<")),
        new("select", "*args **kwargs", (r, a) => Select(r, a, wanted: true, byAttribute: false)),
        new("reject", "*args **kwargs", (r, a) => Select(r, a, wanted: false, byAttribute: false)),
        new("selectattr", "*args **kwargs", (r, a) => Select(r, a, wanted: true, byAttribute: true)),
        new("rejectattr", "*args **kwargs", (r, a) => Select(r, a, wanted: false, byAttribute: true)),
        new("reverse", "", (_, a) => Reverse(a[0]!)),
        new("sort", "reverse? case_sensitive? attribute?", (_, a) => Sort(a[0]!, Arg.Flag(a[1]), Arg.Flag(a[2]), a[3])),
        new("sum", "attribute? start?", (_, a) => Sum(a[0]!, a[1], a[2])),
        new("unique", "case_sensitive? attribute?", (_, a) => new IteratorValue(Unique(a[0]!, Arg.Flag(a[1]), a[2]))),
    ];

    private static IEnumerable<Value> Batch(Renderer r, Value value, Value count, Value? fill)
    {
        Value size = count;
        List<Value> batch = [];
        foreach (Value item in value.Iterate())
        {
            r.Step();
            if (IntValue.Of(batch.Count).Eq(size))
            {
                yield return new ListValue(batch);
                batch = [];
            }

            batch.Add(item);
        }

        if (batch.Count > 0)
        {
            if (Arg.Given(fill))
            {
                int wanted = Numbers.ToCount(size, int.MaxValue);
                if (wanted > Limits.MaxList)
                {
                    throw TemplateException.Type("the list grew too long");
                }

                for (int missing = wanted - batch.Count; missing > 0; missing--)
                {
                    batch.Add(fill!);
                }
            }

            yield return new ListValue(batch);
        }
    }

    private static IEnumerable<Value> Slice(Renderer r, Value value, Value count, Value? fill)
    {
        List<Value> items = Arg.List(value);
        int slices = Numbers.ToCount(count, int.MaxValue);
        if (slices == 0)
        {
            throw TemplateException.Type("integer division or modulo by zero");
        }

        int size = items.Count / slices;
        int extra = items.Count % slices;
        int offset = 0;
        for (int i = 0; i < slices; i++)
        {
            r.Step();
            int start = offset + (i * size);
            offset += i < extra ? 1 : 0;
            int end = offset + ((i + 1) * size);
            List<Value> slice = items.GetRange(start, end - start);
            if (Arg.Given(fill) && i >= extra)
            {
                slice.Add(fill!);
            }

            yield return new ListValue(slice);
        }
    }

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

    private static Value First(Value value)
    {
        foreach (Value item in value.Iterate())
        {
            return item;
        }

        return new UndefinedValue("No first item, sequence was empty.");
    }

    private static Value Last(Value value)
    {
        switch (value)
        {
            case DictValue or DictViewValue or ListValue or RangeValue or StrValue or UndefinedValue:
                break;
            default:
                throw TemplateException.Type($"'{value.TypeName}' object is not reversible");
        }

        if (value is UndefinedValue)
        {
            // reversed() goes by __len__ and finds nothing.
            return new UndefinedValue("No last item, sequence was empty.");
        }

        Value? last = null;
        if (value is ListValue list)
        {
            last = list.Length > 0 ? list.Items[^1] : null;
        }
        else if (value is StrValue)
        {
            last = value.GetItem(IntValue.Of(-1));
        }
        else
        {
            foreach (Value item in value.Iterate())
            {
                last = item;
            }
        }

        return last ?? new UndefinedValue("No last item, sequence was empty.");
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

    private static IEnumerable<Value> Items(Value value)
    {
        if (value is UndefinedValue)
        {
            yield break;
        }

        DictValue dict = value as DictValue ?? throw TemplateException.Type("Can only get item pairs from a mapping.");
        foreach ((Value key, Value item) in dict.Entries)
        {
            yield return ListValue.Tuple(key, item);
        }
    }

    private static IEnumerable<Value> Map(Renderer r, Value value, ListValue positional, DictValue named)
    {
        if (!value.Truthy)
        {
            yield break;
        }

        Func<Value, Value> apply;
        if (positional.Length == 0 && named.Get("attribute") is { } attribute)
        {
            foreach ((Value key, _) in named.Entries)
            {
                if (((StrValue)key).Text is not ("attribute" or "default"))
                {
                    throw TemplateException.Type($"Unexpected keyword argument '{((StrValue)key).Text}'");
                }
            }

            Value? missing = named.Get("default");
            AttributePath path = new(attribute, Arg.Given(missing) ? missing : null);
            apply = path.Get;
        }
        else
        {
            if (positional.Length == 0)
            {
                throw TemplateException.Type("map requires a filter argument");
            }

            string name = Arg.Text(positional.Items[0]).Text;
            Builtin filter = Filters.Find(name) ?? throw TemplateException.Type($"No filter named '{name}'.");
            Arguments arguments = new([.. positional.Items.Skip(1)], Named(named));
            apply = item => filter.Invoke(r, item, arguments);
        }

        foreach (Value item in value.Iterate())
        {
            r.Step();
            yield return apply(item);
        }
    }

    private static IteratorValue Select(Renderer r, Value?[] a, bool wanted, bool byAttribute) =>
        new(Selected(r, a[0]!, (ListValue)a[1]!, (DictValue)a[2]!, wanted, byAttribute));

    private static IEnumerable<Value> Selected(
        Renderer r,
        Value value,
        ListValue positional,
        DictValue named,
        bool wanted,
        bool byAttribute
    )
    {
        if (!value.Truthy)
        {
            yield break;
        }

        AttributePath? path = null;
        int at = 0;
        if (byAttribute)
        {
            path =
                positional.Length > 0
                    ? new AttributePath(positional.Items[0])
                    : throw TemplateException.Type("Missing parameter for attribute name");
            at = 1;
        }

        Builtin? test = null;
        Arguments arguments = Arguments.None;
        if (positional.Length > at)
        {
            string name = Arg.Text(positional.Items[at]).Text;
            test = Tests.Find(name) ?? throw TemplateException.Type($"No test named '{name}'.");
            arguments = new Arguments([.. positional.Items.Skip(at + 1)], Named(named));
        }

        foreach (Value item in value.Iterate())
        {
            r.Step();
            Value tested = path is null ? item : path.Get(item);
            bool holds = test is null ? tested.Truthy : test.Invoke(r, tested, arguments).Truthy;
            if (holds == wanted)
            {
                yield return item;
            }
        }
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

    private static Value Reverse(Value value)
    {
        switch (value)
        {
            case StrValue s:
                return s.Slice(new SliceBounds(null, null, IntValue.Of(-1)));
            case IteratorValue or LoopValue:
                List<Value> items = Arg.List(value);
                items.Reverse();
                return new ListValue(items);
            default:
                if (!value.IsIterable)
                {
                    throw TemplateException.Type("argument must be iterable");
                }

                List<Value> all = Arg.List(value);
                all.Reverse();
                return new IteratorValue(all);
        }
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

    private static Value Sum(Value value, Value? attribute, Value? start)
    {
        AttributePath? path = Arg.Given(attribute) ? new AttributePath(attribute!) : null;
        Value sum = start ?? IntValue.Of(0);
        if (sum is StrValue)
        {
            throw TemplateException.Type("sum() can't sum strings [use ''.join(seq) instead]");
        }

        foreach (Value item in value.Iterate())
        {
            sum = Operators.Binary('+', sum, path is null ? item : path.Get(item));
        }

        return sum;
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

    private static KeyValuePair<string, Value>[] Named(DictValue named) =>
        [.. named.Entries.Select(e => KeyValuePair.Create(((StrValue)e.Key).Text, e.Value))];

    private static DictValue NeedDict(Value value, string method) =>
        value switch
        {
            DictValue dict => dict,
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw TemplateException.Type($"'{value.TypeName}' object has no attribute '{method}'"),
        };
}

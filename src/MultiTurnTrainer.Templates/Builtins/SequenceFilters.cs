using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Filters on sequences and mappings. Those that are generators in jinja2 run as lazily here.</summary>
internal static class SequenceFilters
{
    /// <summary>The filters.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new("batch", "linecount fill_with?", (r, a) => new IteratorValue(Batch(r, a[0]!, a[1]!, a[2]))),
        new("slice", "slices fill_with?", (r, a) => new IteratorValue(Slice(r, a[0]!, a[1]!, a[2]))),
        new("first", "", (_, a) => First(a[0]!)),
        new("last", "", (_, a) => Last(a[0]!)),
        new("items", "", (_, a) => new IteratorValue(Items(a[0]!))),
        new("reverse", "", (_, a) => Reverse(a[0]!)),
        new("sum", "attribute? start?", (_, a) => Sum(a[0]!, a[1], a[2])),
    ];

    private static IEnumerable<Value> Batch(Renderer r, Value value, Value count, Value? fill)
    {
        Value size = count;
        List<Value> batch = [];
        foreach (Value item in value.Iterate())
        {
            r.Step();
            RenderBudget.Items(2);
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

                RenderBudget.Items(2L * wanted);

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
            RenderBudget.Items(end - start);
            List<Value> slice = items.GetRange(start, end - start);
            if (Arg.Given(fill) && i >= extra)
            {
                slice.Add(fill!);
            }

            yield return new ListValue(slice);
        }
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

    private static IEnumerable<Value> Items(Value value)
    {
        if (value is UndefinedValue)
        {
            yield break;
        }

        DictValue dict = value as DictValue ?? throw TemplateException.Type("Can only get item pairs from a mapping.");
        foreach ((Value key, Value item) in dict.Entries)
        {
            RenderBudget.Spend(2);
            yield return ListValue.Tuple(key, item);
        }
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
}

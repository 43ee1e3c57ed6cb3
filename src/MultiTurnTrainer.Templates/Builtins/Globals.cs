using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The functions every template can call: jinja2's own and the two that transformers adds.</summary>
internal static class Globals
{
    private static readonly Dictionary<string, Value> _all = new(StringComparer.Ordinal)
    {
        ["range"] = Function("range", "/ start stop? step?", a => Range(a[0]!, a[1], a[2])),
        ["dict"] = Function("dict", "*args **kwargs", a => Dict((ListValue)a[0]!, (DictValue)a[1]!)),
        ["namespace"] = Function("namespace", "*args **kwargs", a => Namespace((ListValue)a[0]!, (DictValue)a[1]!)),
        ["cycler"] = Function("cycler", "*items", a => Cycler((ListValue)a[0]!)),
        ["joiner"] = Function("joiner", "sep?", a => new JoinerValue(a[0] ?? StrValue.Computed(", "))),
        ["lipsum"] = Function(
            "lipsum",
            "*args **kwargs",
            _ => throw TemplateException.Type("lipsum() gives another text each time")
        ),
        ["raise_exception"] = Function(
            "raise_exception",
            "message",
            a => throw new TemplateException(TemplateErrorKind.RaiseException, a[0]!.ToStr().Text)
        ),
        ["strftime_now"] = new FunctionValue(
            new Builtin("strftime_now", "format", (r, a) => StrfTime.Format(Arg.NeedText(a[0], "format").Text, r.Now)),
            null
        ),
    };

    /// <summary>A global, or null.</summary>
    public static Value? Find(string name) => _all.GetValueOrDefault(name);

    private static FunctionValue Function(string name, string parameters, Func<Value?[], Value> body) =>
        new(new Builtin(name, parameters, (_, a) => body(a)), null);

    private static RangeValue Range(Value first, Value? second, Value? third)
    {
        long start = second is null ? 0 : Whole(first);
        long stop = second is null ? Whole(first) : Whole(second);
        long step = third is null ? 1 : Whole(third);
        if (step == 0)
        {
            throw TemplateException.Type("range() arg 3 must not be zero");
        }

        System.Numerics.BigInteger span =
            step > 0 ? (System.Numerics.BigInteger)stop - start : (System.Numerics.BigInteger)start - stop;
        System.Numerics.BigInteger count = span.Sign <= 0 ? 0 : ((span - 1) / Math.Abs(step)) + 1;
        if (count > Limits.MaxRange)
        {
            throw TemplateException.Type(
                $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({Limits.MaxRange})."
            );
        }

        return new RangeValue(start, stop, step, (int)count);
    }

    private static long Whole(Value value) =>
        value is UndefinedValue ? throw TemplateException.Type("'Undefined' object cannot be interpreted as an integer")
        : Numbers.TryIndex(value, out long index) ? index
        : throw TemplateException.Type($"'{value.TypeName}' object cannot be interpreted as an integer");

    private static DictValue Dict(ListValue positional, DictValue named)
    {
        if (positional.Length > 1)
        {
            throw TemplateException.Type($"dict expected at most 1 argument, got {positional.Length}");
        }

        DictValue dict = new();
        if (positional.Length == 1)
        {
            Fill(dict, positional.Items[0]);
        }

        foreach ((Value key, Value value) in named.Entries)
        {
            dict.Set(key, value);
        }

        return dict;
    }

    private static void Fill(DictValue dict, Value source)
    {
        if (source is DictValue other)
        {
            foreach ((Value key, Value value) in other.Entries)
            {
                dict.Set(key, value);
            }

            return;
        }

        foreach (Value pair in source.Iterate())
        {
            List<Value> items = Arg.List(pair);
            if (items.Count != 2)
            {
                throw TemplateException.Type(
                    $"dictionary update sequence element has length {items.Count}; 2 is required"
                );
            }

            dict.Set(items[0], items[1]);
        }
    }

    private static NamespaceValue Namespace(ListValue positional, DictValue named)
    {
        NamespaceValue result = new();
        result.SetAll(Dict(positional, named));
        return result;
    }

    private static CyclerValue Cycler(ListValue items) =>
        items.Length == 0
            ? throw TemplateException.Type("at least one item has to be provided")
            : new CyclerValue(items.Items);
}

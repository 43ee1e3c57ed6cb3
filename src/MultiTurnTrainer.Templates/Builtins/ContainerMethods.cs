using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The methods of lists, tuples and dictionaries; those that change them exist only to be refused.</summary>
internal static class ContainerMethods
{
    private static readonly Builtin _count = new("count", "/ value", (_, a) => Count(a[0]!, a[1]!));
    private static readonly Builtin _index = new("index", "/ value start? stop?", (_, a) => Index(a[0]!, a));
    private static readonly Builtin _copy = new("copy", "/", (_, a) => a[0]!);
    private static readonly Builtin _items = new("items", "/", (_, a) => new DictViewValue((DictValue)a[0]!, 'i'));
    private static readonly Builtin _keys = new("keys", "/", (_, a) => new DictViewValue((DictValue)a[0]!, 'k'));
    private static readonly Builtin _values = new("values", "/", (_, a) => new DictViewValue((DictValue)a[0]!, 'v'));
    private static readonly Builtin _get = new("get", "/ key default?", (_, a) => Get((DictValue)a[0]!, a[1]!, a[2]));
    private static readonly Builtin _fromKeys = new("fromkeys", "/ keys value?", (_, a) => FromKeys(a[1]!, a[2]));

    /// <summary>Whether a dictionary has this attribute, so that it hides a key of that name.</summary>
    public static bool IsDictAttribute(string name) =>
        name
            is "items"
                or "keys"
                or "values"
                or "get"
                or "copy"
                or "fromkeys"
                or "clear"
                or "pop"
                or "popitem"
                or "setdefault"
                or "update"
        || name.StartsWith("__", StringComparison.Ordinal);

    /// <summary>An attribute of a dictionary, or null.</summary>
    public static Value? OfDict(DictValue dict, string name) =>
        name switch
        {
            "items" => new FunctionValue(_items, dict),
            "keys" => new FunctionValue(_keys, dict),
            "values" => new FunctionValue(_values, dict),
            "get" => new FunctionValue(_get, dict),
            "copy" => new FunctionValue(_copy, dict),
            "fromkeys" => new FunctionValue(_fromKeys, dict),
            _ => IsDictAttribute(name) && !name.StartsWith('_') ? NoneValue.Instance : PrivateNames.Find(dict, name),
        };

    /// <summary>An attribute of a list or a tuple, or null.</summary>
    public static Value? OfList(ListValue list, string name) =>
        name switch
        {
            "count" or "index" => Counting(list, name),
            "copy" when !list.IsTuple => new FunctionValue(_copy, list),
            _ => list.IsUnsafe(name) && !name.StartsWith('_') ? NoneValue.Instance : PrivateNames.Find(list, name),
        };

    /// <summary><c>count</c> or <c>index</c> of a sequence.</summary>
    public static Value Counting(Value sequence, string name) =>
        new FunctionValue(name == "count" ? _count : _index, sequence);

    private static IntValue Count(Value sequence, Value wanted) =>
        IntValue.Of(
            sequence
                .Iterate()
                .LongCount(item =>
                {
                    RenderBudget.Spend(2);
                    return ReferenceEquals(item, wanted) || item.Eq(wanted);
                })
        );

    private static IntValue Index(Value sequence, Value?[] a)
    {
        (int from, int count, _) = new SliceBounds(a[2], a[3], null).Resolve(sequence.Length);
        int i = 0;
        foreach (Value item in sequence.Iterate())
        {
            RenderBudget.Spend(1);
            if (i >= from && i < from + count && (ReferenceEquals(item, a[1]) || item.Eq(a[1]!)))
            {
                return IntValue.Of(i);
            }

            i++;
        }

        throw TemplateException.Type($"the value is not in {sequence.TypeName}");
    }

    private static Value Get(DictValue dict, Value key, Value? missing)
    {
        if (!key.IsHashable)
        {
            throw TemplateException.Type($"unhashable type: '{key.TypeName}'");
        }

        return dict.GetItem(key) ?? missing ?? NoneValue.Instance;
    }

    private static DictValue FromKeys(Value keys, Value? value)
    {
        DictValue dict = new();
        foreach (Value key in keys.Iterate())
        {
            dict.Set(key, value ?? NoneValue.Instance);
        }

        return dict;
    }
}

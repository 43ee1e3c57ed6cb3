using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The tests by name.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Builtin> _all = Build();

    /// <summary>A test, or null.</summary>
    public static Builtin? Find(string name) => _all.GetValueOrDefault(name);

    private static Dictionary<string, Builtin> Build()
    {
        Dictionary<string, Builtin> all = new(StringComparer.Ordinal);
        Add("odd", x => Operators.Binary('%', x, IntValue.Of(2)).Eq(IntValue.Of(1)));
        Add("even", x => Operators.Binary('%', x, IntValue.Of(2)).Eq(IntValue.Of(0)));
        Add("defined", x => x is not UndefinedValue);
        Add("undefined", x => x is UndefinedValue);
        Add("filter", x => x is StrValue s ? Filters.Find(s.Text) is not null : Unhashed(x));
        Add("test", x => x is StrValue s ? Find(s.Text) is not null : Unhashed(x));
        Add("none", x => x is NoneValue);
        Add("boolean", x => x is BoolValue);
        Add("false", x => x is BoolValue { Truthy: false });
        Add("true", x => x is BoolValue { Truthy: true });
        Add("integer", x => x is IntValue);
        Add("float", x => x is FloatValue);
        Add("lower", x => TextCase.IsLower(x.ToStr().Text));
        Add("upper", x => TextCase.IsUpper(x.ToStr().Text));
        Add("string", x => x is StrValue);
        Add("mapping", x => x is DictValue);
        Add("number", Numbers.IsNumber);
        Add("sequence", x => x.Length >= 0 && x.HasGetItem);
        Add("iterable", x => x.IsIterable);
        Add("callable", x => x.IsCallable);
        Add("escaped", x => x is StrValue { IsMarkup: true });
        AddWith("divisibleby", "num", (x, y) => Operators.Binary('%', x, y).Eq(IntValue.Of(0)));
        AddWith("sameas", "other", Same);
        AddWith("in", "seq", (x, y) => y.Contains(x));
        Compare("==", "==", "eq", "equalto");
        Compare("!=", "!=", "ne");
        Compare(">", ">", "gt", "greaterthan");
        Compare(">=", ">=", "ge");
        Compare("<", "<", "lt", "lessthan");
        Compare("<=", "<=", "le");
        return all;

        void Add(string name, Func<Value, bool> test) =>
            all.Add(name, new Builtin(name, "", (_, a) => BoolValue.Of(test(a[0]!))));

        void AddWith(string name, string parameter, Func<Value, Value, bool> test) =>
            all.Add(name, new Builtin(name, parameter, (_, a) => BoolValue.Of(test(a[0]!, a[1]!))));

        void Compare(string op, params string[] names)
        {
            foreach (string name in names)
            {
                all.Add(name, new Builtin(name, "/ other", (_, a) => BoolValue.Of(Comparison.Holds(op, a[0]!, a[1]!))));
            }
        }
    }

    private static bool Unhashed(Value value) =>
        value.IsHashable ? false : throw TemplateException.Type($"unhashable type: '{value.TypeName}'");

    /// <summary>Identity as CPython has it: None, the booleans, small ints and the same object.</summary>
    private static bool Same(Value a, Value b) =>
        ReferenceEquals(a, b)
        || (a, b) switch
        {
            (NoneValue, NoneValue) => true,
            (BoolValue x, BoolValue y) => x.Truthy == y.Truthy,
            (IntValue { IsBig: false } x, IntValue { IsBig: false } y) => x.Small == y.Small
                && x.Small is >= -5 and <= 256,
            (StrValue x, StrValue y) => x.Chars <= 1 && x.Eq(y) && (x.Chars == 0 || x.Text[0] < 0x100),
            _ => false,
        };
}

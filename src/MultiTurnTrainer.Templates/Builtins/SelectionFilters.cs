using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Filters that apply another filter, an attribute or a test to every item, as lazily as in jinja2.</summary>
internal static class SelectionFilters
{
    /// <summary>The filters.</summary>
    public static IEnumerable<Builtin> All { get; } =
    [
        new("map", "*args **kwargs", (r, a) => new IteratorValue(Map(r, a[0]!, (ListValue)a[1]!, (DictValue)a[2]!))),
        new("select", "*args **kwargs", (r, a) => Select(r, a, wanted: true, byAttribute: false)),
        new("reject", "*args **kwargs", (r, a) => Select(r, a, wanted: false, byAttribute: false)),
        new("selectattr", "*args **kwargs", (r, a) => Select(r, a, wanted: true, byAttribute: true)),
        new("rejectattr", "*args **kwargs", (r, a) => Select(r, a, wanted: false, byAttribute: true)),
    ];

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

    private static KeyValuePair<string, Value>[] Named(DictValue named) =>
        [.. named.Entries.Select(e => KeyValuePair.Create(((StrValue)e.Key).Text, e.Value))];
}

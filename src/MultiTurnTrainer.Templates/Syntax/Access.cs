using MultiTurnTrainer.Templates.Builtins;
using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary><c>x.name</c>: the attribute first, then the item.</summary>
internal sealed class AttributeAccess(Expression owner, string attribute, Place place) : Expression(place)
{
    private readonly StrValue _key = new(attribute, null);
    private readonly bool _plainKey = !ContainerMethods.IsDictAttribute(attribute);

    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [owner];

    /// <summary>environment.getattr.</summary>
    public static Value Get(Value value, StrValue key)
    {
        RenderBudget.Items(8);
        string name = key.Text;
        Value? found = value.GetAttr(name);
        if (found is not null)
        {
            return value.IsUnsafe(name) ? UndefinedValue.Unsafe(value, name) : found;
        }

        return value.GetItem(key) ?? UndefinedValue.Attribute(value, name);
    }

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value value = owner.Evaluate(r);
        if (_plainKey && value is DictValue dict)
        {
            return dict.Get(attribute) ?? UndefinedValue.Attribute(value, attribute);
        }

        r.At = Place;
        return Get(value, _key);
    }
}

/// <summary><c>x[key]</c>: the item first, then, for a text, the attribute.</summary>
internal sealed class ItemAccess(Expression owner, Expression key, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [owner, key];

    /// <summary>environment.getitem.</summary>
    public static Value Get(Value value, Value key)
    {
        RenderBudget.Spend(2);
        if (value.GetItem(key) is { } item)
        {
            return item;
        }

        if (key is StrValue { Text: var name } && value.GetAttr(name) is { } found)
        {
            return value.IsUnsafe(name) ? UndefinedValue.Unsafe(value, name) : found;
        }

        return UndefinedValue.Item(value, key);
    }

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value value = owner.Evaluate(r);
        if (
            key is Constant { Value: StrValue { Text: var name } }
            && value is DictValue dict
            && dict.Get(name) is { } v
        )
        {
            return v;
        }

        Value k = key.Evaluate(r);
        r.At = Place;
        return Get(value, k);
    }
}

/// <summary><c>x[a:b:c]</c>.</summary>
internal sealed class SliceAccess(Expression owner, Expression? start, Expression? stop, Expression? step, Place place)
    : Expression(place)
{
    private readonly bool _isConstant = Array.TrueForAll([owner, start, stop, step], e => e is null or Constant);

    /// <inheritdoc/>
    public override IEnumerable<Expression> Children =>
        new[] { owner, start, stop, step }.Where(e => e is not null).Select(e => e!);

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value value = owner.Evaluate(r);
        SliceBounds bounds = new(start?.Evaluate(r), stop?.Evaluate(r), step?.Evaluate(r));
        r.At = Place;
        try
        {
            return value.Slice(bounds);
        }
        catch (TemplateException problem)
            when (_isConstant && problem.Kind == TemplateErrorKind.Type && step is not Constant { Value.Truthy: false })
        {
            // jinja2 folds constants with its forgiving look-up, where a bad slice is merely undefined.
            return new UndefinedValue($"{value.TypeName} object has no such slice");
        }
    }
}

/// <summary>The arguments of a call, a filter or a test.</summary>
internal sealed record CallArguments(
    Expression[] Positional,
    KeyValuePair<string, Expression>[] Named,
    Expression? Rest,
    Expression? NamedRest
)
{
    /// <summary>No arguments.</summary>
    public static CallArguments None { get; } = new([], [], null, null);

    /// <summary>The expressions inside.</summary>
    public IEnumerable<Expression> Children
    {
        get
        {
            IEnumerable<Expression> all = Positional.Concat(Named.Select(n => n.Value));
            all = Rest is null ? all : all.Append(Rest);
            return NamedRest is null ? all : all.Append(NamedRest);
        }
    }

    /// <summary>Computes them.</summary>
    public Arguments Evaluate(Renderer r, MacroValue? caller = null)
    {
        if (Positional.Length == 0 && Named.Length == 0 && Rest is null && NamedRest is null && caller is null)
        {
            return Arguments.None;
        }

        List<Value> positional = new(Positional.Length);
        foreach (Expression e in Positional)
        {
            positional.Add(e.Evaluate(r));
        }

        if (Rest is not null)
        {
            Value rest = Rest.Evaluate(r);
            positional.AddRange(
                rest.IsIterable
                    ? Arg.List(rest)
                    : throw TemplateException.Type($"argument after * must be an iterable, not {rest.TypeName}")
            );
        }

        List<KeyValuePair<string, Value>> named = [];
        foreach ((string name, Expression e) in Named)
        {
            if (named.Exists(n => n.Key == name))
            {
                throw Place.Error($"keyword argument repeated: {name}");
            }

            named.Add(new(name, e.Evaluate(r)));
        }

        if (caller is not null)
        {
            named.Add(new("caller", caller));
        }

        if (NamedRest is not null)
        {
            Value rest = NamedRest.Evaluate(r);
            DictValue dict =
                rest as DictValue
                ?? throw TemplateException.Type($"argument after ** must be a mapping, not {rest.TypeName}");
            foreach ((Value key, Value value) in dict.Entries)
            {
                RenderBudget.Spend(1 + named.Count);
                string name = (key as StrValue)?.Text ?? throw TemplateException.Type("keywords must be strings");
                if (named.Exists(n => n.Key == name))
                {
                    throw TemplateException.Type($"got multiple values for keyword argument '{name}'");
                }

                named.Add(new(name, value));
            }
        }

        return new Arguments(positional, named);
    }

    private Place Place => Positional.Length > 0 ? Positional[0].Place : Named[0].Value.Place;
}

/// <summary><c>f(…)</c>.</summary>
internal sealed class Call(Expression function, CallArguments arguments, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => arguments.Children.Prepend(function);

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r) => Evaluate(r, null);

    /// <summary>Calls with the body of a call block as <c>caller</c>.</summary>
    public Value Evaluate(Renderer r, MacroValue? caller)
    {
        Value f = function.Evaluate(r);
        Arguments values = arguments.Evaluate(r, caller);
        r.At = Place;
        r.Step();
        return f.Call(r, values);
    }
}

/// <summary><c>x | name(…)</c>; without an operand inside a filter block.</summary>
internal sealed class FilterCall(Expression? operand, string name, CallArguments arguments, Place place)
    : Expression(place)
{
    private readonly Builtin? _filter = Filters.Find(name);

    /// <summary>The filter's name.</summary>
    public string Name { get; } = name;

    /// <summary>Whether jinja2 knows the filter.</summary>
    public bool IsKnown => _filter is not null;

    /// <inheritdoc/>
    public override IEnumerable<Expression> Children =>
        operand is null ? arguments.Children : arguments.Children.Prepend(operand);

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value value = operand is null ? r.FilterBlockText! : operand.Evaluate(r);
        Arguments values = arguments.Evaluate(r);
        r.At = Place;
        if (_filter is null)
        {
            throw TemplateException.Type($"No filter named '{Name}' found.");
        }

        return _filter.Invoke(r, value, values);
    }
}

/// <summary><c>x is name(…)</c>.</summary>
internal sealed class TestCall(Expression operand, string name, CallArguments arguments, Place place)
    : Expression(place)
{
    private readonly Builtin? _test = Tests.Find(name);
    private readonly bool? _defined =
        name == "defined" ? true
        : name == "undefined" ? false
        : null;

    /// <summary>The test's name.</summary>
    public string Name { get; } = name;

    /// <summary>Whether jinja2 knows the test.</summary>
    public bool IsKnown => _test is not null;

    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => arguments.Children.Prepend(operand);

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value value = operand.Evaluate(r);
        if (_defined is { } defined && ReferenceEquals(arguments, CallArguments.None))
        {
            return BoolValue.Of(value is not UndefinedValue == defined);
        }

        Arguments values = arguments.Evaluate(r);
        r.At = Place;
        if (_test is null)
        {
            throw TemplateException.Type($"No test named '{Name}' found.");
        }

        return _test.Invoke(r, value, values);
    }
}

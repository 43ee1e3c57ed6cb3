using MultiTurnTrainer.Templates.Rendering;

namespace MultiTurnTrainer.Templates.Values;

/// <summary>The body of a builtin: its bound arguments, null where an optional one was not given.</summary>
internal delegate Value BuiltinBody(Renderer r, Value?[] arguments);

/// <summary>A builtin function, filter or method.</summary>
internal sealed class Builtin(string name, string parameters, BuiltinBody body)
{
    private readonly Signature _signature = new(name, parameters);

    /// <summary>The name.</summary>
    public string Name { get; } = name;

    /// <summary>Binds and runs.</summary>
    public Value Invoke(Renderer r, Value? self, Arguments arguments)
    {
        RenderBudget.Items(8);
        return body(r, _signature.Bind(arguments, self));
    }
}

/// <summary>A global function, or a method bound to its object.</summary>
internal sealed class FunctionValue(Builtin builtin, Value? self) : Value
{
    /// <inheritdoc/>
    public override string TypeName => "builtin_function_or_method";

    /// <inheritdoc/>
    public override bool IsCallable => true;

    /// <inheritdoc/>
    public override bool Eq(Value other) => other is FunctionValue f && f.Is(builtin, self);

    /// <inheritdoc/>
    public override int Hash() => builtin.GetHashCode();

    /// <inheritdoc/>
    public override Value Call(Renderer r, Arguments arguments) => builtin.Invoke(r, self, arguments);

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => PrivateNames.Find(this, name);

    private bool Is(Builtin other, Value? owner) => ReferenceEquals(builtin, other) && ReferenceEquals(self, owner);
}

/// <summary><c>namespace()</c>: the one object whose attributes a template can set.</summary>
internal sealed class NamespaceValue : Value
{
    private readonly DictValue _attributes = new();

    /// <inheritdoc/>
    public override string TypeName => "Namespace";

    /// <summary>Sets an attribute.</summary>
    public void Set(string name, Value value) => _attributes.Set(new StrValue(name, null), value);

    /// <summary>Copies the entries of a dictionary.</summary>
    public void SetAll(DictValue values)
    {
        foreach ((Value key, Value value) in values.Entries)
        {
            _attributes.Set(key, value);
        }
    }

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => _attributes.Get(name);

    /// <inheritdoc/>
    public override void Repr(TextBuilder text)
    {
        Builtins.Nesting.Enter();
        text.Append("<Namespace ");
        _attributes.Repr(text);
        text.Append(">");
    }
}

/// <summary><c>cycler(…)</c>.</summary>
internal sealed class CyclerValue(IReadOnlyList<Value> items) : Value
{
    private static readonly Builtin _next = new("next", "/", (_, a) => ((CyclerValue)a[0]!).Next());
    private static readonly Builtin _reset = new("reset", "/", (_, a) => ((CyclerValue)a[0]!).Reset());
    private int _position;

    /// <inheritdoc/>
    public override string TypeName => "Cycler";

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        name switch
        {
            "next" or "__next__" => new FunctionValue(_next, this),
            "reset" => new FunctionValue(_reset, this),
            "current" => items[_position],
            "pos" => IntValue.Of(_position),
            "items" => new ListValue(items, isTuple: true),
            _ => PrivateNames.Find(this, name),
        };

    private Value Next()
    {
        Value current = items[_position];
        _position = (_position + 1) % items.Count;
        return current;
    }

    private NoneValue Reset()
    {
        _position = 0;
        return NoneValue.Instance;
    }
}

/// <summary><c>joiner(sep)</c>: nothing the first time it is called, then the separator.</summary>
internal sealed class JoinerValue(Value separator) : Value
{
    private bool _used;

    /// <inheritdoc/>
    public override string TypeName => "Joiner";

    /// <inheritdoc/>
    public override bool IsCallable => true;

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        name switch
        {
            "sep" => separator,
            "used" => BoolValue.Of(_used),
            _ => PrivateNames.Find(this, name),
        };

    /// <inheritdoc/>
    public override Value Call(Renderer r, Arguments arguments)
    {
        if (arguments.Positional.Count + arguments.Named.Count > 0)
        {
            throw TemplateException.Type("Joiner.__call__() takes 1 positional argument");
        }

        if (_used)
        {
            return separator;
        }

        _used = true;
        return StrValue.Empty;
    }
}

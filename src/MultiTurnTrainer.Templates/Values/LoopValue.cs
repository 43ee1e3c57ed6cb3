using MultiTurnTrainer.Templates.Rendering;

namespace MultiTurnTrainer.Templates.Values;

/// <summary>The <c>loop</c> variable; it also drives the iteration, looking one item ahead when asked.</summary>
internal sealed class LoopValue : Value
{
    private static readonly Builtin _cycle = new(
        "cycle",
        "*args",
        (_, a) => ((LoopValue)a[0]!).Cycle((ListValue)a[1]!)
    );
    private static readonly Builtin _changed = new(
        "changed",
        "*value",
        (_, a) => ((LoopValue)a[0]!).Changed((ListValue)a[1]!)
    );

    private readonly Value _iterable;
    private readonly Func<Value, int, StrValue>? _recurse;
    private readonly int _depth;
    private IEnumerator<Value> _items;
    private Value? _after;
    private Value? _current;
    private Value? _before;
    private ListValue? _lastChanged;
    private int _index = -1;
    private int _length = -1;

    /// <summary>Begins a loop.</summary>
    /// <param name="iterable">What it runs over.</param>
    /// <param name="recurse">Renders the body for another iterable at a depth; null when not recursive.</param>
    /// <param name="depth">How deep the recursion is, from 0.</param>
    public LoopValue(Value iterable, Func<Value, int, StrValue>? recurse, int depth)
    {
        _iterable = iterable;
        _items = iterable.Iterate().GetEnumerator();
        _recurse = recurse;
        _depth = depth;
    }

    /// <inheritdoc/>
    public override string TypeName => "LoopContext";

    /// <inheritdoc/>
    public override int Length => Count();

    /// <inheritdoc/>
    public override bool Truthy => Count() > 0;

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override bool IsCallable => true;

    /// <summary>Moves on; null at the end.</summary>
    public Value? Next()
    {
        Value? next = Peek();
        _after = null;
        if (next is null)
        {
            return null;
        }

        _index++;
        _before = _current;
        _current = next;
        return next;
    }

    /// <inheritdoc/>
    public override void Repr(TextBuilder text) => text.Append($"<LoopContext {_index + 1}/{Count()}>");

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        name switch
        {
            "index" => IntValue.Of(_index + 1),
            "index0" => IntValue.Of(_index),
            "first" => BoolValue.Of(_index == 0),
            "last" => BoolValue.Of(Peek() is null),
            "length" => IntValue.Of(Count()),
            "revindex" => IntValue.Of(Count() - _index),
            "revindex0" => IntValue.Of(Count() - _index - 1),
            "depth" => IntValue.Of(_depth + 1),
            "depth0" => IntValue.Of(_depth),
            "previtem" => _index == 0 ? new UndefinedValue("there is no previous item") : _before,
            "nextitem" => Peek() ?? new UndefinedValue("there is no next item"),
            "cycle" => new FunctionValue(_cycle, this),
            "changed" => new FunctionValue(_changed, this),
            _ => PrivateNames.Find(this, name),
        };

    /// <inheritdoc/>
    public override Value Call(Renderer r, Arguments arguments)
    {
        if (_recurse is null)
        {
            throw TemplateException.Type("The loop must have the 'recursive' marker to be called recursively.");
        }

        if (arguments.Positional.Count + arguments.Named.Count != 1)
        {
            throw TemplateException.Type("LoopContext.__call__() takes exactly one argument");
        }

        Value iterable = arguments.Positional.Count == 1 ? arguments.Positional[0] : arguments.Named[0].Value;
        return _recurse(iterable, _depth + 1);
    }

    private Value? Peek() => _after ??= _items.MoveNext() ? _items.Current : null;

    private int Count()
    {
        if (_length >= 0)
        {
            return _length;
        }

        if (_iterable.Length >= 0)
        {
            return _length = _iterable.Length;
        }

        List<Value> rest = [];
        while (_items.MoveNext())
        {
            RenderBudget.Items(2);
            rest.Add(_items.Current);
        }

        _items = rest.GetEnumerator();
        return _length = rest.Count + _index + 1 + (_after is null ? 0 : 1);
    }

    private Value Cycle(ListValue items) =>
        items.Length == 0
            ? throw TemplateException.Type("no items for cycling given")
            : items.Items[_index % items.Length];

    private BoolValue Changed(ListValue value)
    {
        if (_lastChanged is not null && _lastChanged.Eq(value))
        {
            return BoolValue.False;
        }

        _lastChanged = value;
        return BoolValue.True;
    }
}

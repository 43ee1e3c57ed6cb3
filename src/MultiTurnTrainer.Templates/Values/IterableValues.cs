namespace MultiTurnTrainer.Templates.Values;

/// <summary>A generator or other iterator: runs once, lazily, as Python's do.</summary>
internal sealed class IteratorValue(IEnumerable<Value> source) : Value
{
    private readonly IEnumerator<Value> _items = source.GetEnumerator();

    /// <inheritdoc/>
    public override string TypeName => "generator";

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate()
    {
        while (true)
        {
            // A chain of lazy filters runs through all its links for each item.
            Builtins.Nesting.Enter();
            RenderBudget.Spend(2);
            if (!_items.MoveNext())
            {
                yield break;
            }

            yield return _items.Current;
        }
    }

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => PrivateNames.Find(this, name);
}

/// <summary>A <c>range</c>.</summary>
internal sealed class RangeValue(long start, long stop, long step, int count) : Value
{
    /// <inheritdoc/>
    public override string TypeName => "range";

    /// <inheritdoc/>
    public override bool Truthy => count > 0;

    /// <inheritdoc/>
    public override int Length => count;

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override bool HasGetItem => true;

    /// <summary>The item at a position.</summary>
    public Value At(int index) => IntValue.Of(start + (index * step));

    /// <inheritdoc/>
    public override void Repr(TextBuilder text) =>
        text.Append(step == 1 ? $"range({start}, {stop})" : $"range({start}, {stop}, {step})");

    /// <inheritdoc/>
    public override bool Eq(Value other) =>
        other is RangeValue range
        && range.Length == count
        && (count == 0 || (range.At(0).Eq(At(0)) && range.At(count - 1).Eq(At(count - 1))));

    /// <inheritdoc/>
    public override int Hash() => count == 0 ? 0 : HashCode.Combine(count, start, count == 1 ? 0 : step);

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate()
    {
        for (int i = 0; i < count; i++)
        {
            RenderBudget.Items(3);
            yield return At(i);
        }
    }

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        name switch
        {
            "start" => IntValue.Of(start),
            "stop" => IntValue.Of(stop),
            "step" => IntValue.Of(step),
            "count" or "index" => Builtins.ContainerMethods.Counting(this, name),
            _ => PrivateNames.Find(this, name),
        };

    /// <inheritdoc/>
    public override Value? GetItem(Value key)
    {
        if (!Numbers.TryIndex(key, out long index))
        {
            return null;
        }

        index = index < 0 ? index + count : index;
        return index >= 0 && index < count ? At((int)index) : null;
    }

    /// <inheritdoc/>
    public override Value Slice(SliceBounds bounds)
    {
        (long first, long end, long stride) = bounds.Indices(count);
        return new RangeValue(start + (first * step), start + (end * step), step * stride, bounds.Resolve(count).Count);
    }
}

/// <summary><c>dict.items()</c>, <c>keys()</c> or <c>values()</c>.</summary>
internal sealed class DictViewValue(DictValue dict, char part) : Value
{
    /// <inheritdoc/>
    public override string TypeName =>
        part switch
        {
            'i' => "dict_items",
            'k' => "dict_keys",
            _ => "dict_values",
        };

    /// <inheritdoc/>
    public override bool Truthy => dict.Truthy;

    /// <inheritdoc/>
    public override int Length => dict.Length;

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <summary>The dictionary.</summary>
    public DictValue Dict => dict;

    /// <inheritdoc/>
    public override void Repr(TextBuilder text)
    {
        text.Append(TypeName + "(");
        new ListValue([.. Iterate()]).Repr(text);
        text.Append(")");
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate()
    {
        foreach ((Value key, Value value) in dict.Entries)
        {
            RenderBudget.Spend(2);
            yield return part switch
            {
                'i' => ListValue.Tuple(key, value),
                'k' => key,
                _ => value,
            };
        }
    }

    /// <inheritdoc/>
    public override bool Eq(Value other) =>
        ReferenceEquals(this, other)
        || (
            part != 'v'
            && other is DictViewValue view
            && view.TypeName == TypeName
            && view.Length == Length
            && Iterate().All(view.Contains)
        );

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => PrivateNames.Find(this, name);
}

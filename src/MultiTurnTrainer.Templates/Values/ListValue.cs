namespace MultiTurnTrainer.Templates.Values;

/// <summary>A list or a tuple. Templates cannot change it: the sandbox forbids every method that would.</summary>
internal sealed class ListValue : Value
{
    private static readonly HashSet<string> _mutating = new(StringComparer.Ordinal)
    {
        "append",
        "clear",
        "pop",
        "reverse",
        "insert",
        "sort",
        "extend",
        "remove",
    };

    /// <summary>A list or a tuple of these items.</summary>
    public ListValue(IReadOnlyList<Value> items, bool isTuple = false)
    {
        RenderBudget.Items(items.Count + 2);
        Items = items;
        IsTuple = isTuple;
        int deepest = 0;
        for (int i = 0; i < items.Count; i++)
        {
            deepest = Math.Max(deepest, items[i].Depth);
        }

        Depth = Limits.Around(deepest);
    }

    /// <summary>The items.</summary>
    public IReadOnlyList<Value> Items { get; }

    /// <summary>Whether it is a tuple.</summary>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public override int Depth { get; }

    /// <summary>For the pairs of <c>groupby</c>: names of the items.</summary>
    public string[]? Names { get; init; }

    /// <inheritdoc/>
    public override string TypeName => IsTuple ? "tuple" : "list";

    /// <inheritdoc/>
    public override bool Truthy => Items.Count > 0;

    /// <inheritdoc/>
    public override int Length => Items.Count;

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override bool HasGetItem => true;

    /// <inheritdoc/>
    public override bool IsHashable
    {
        get
        {
            RenderBudget.Spend(1 + Items.Count);
            return IsTuple && Items.All(item => item.IsHashable);
        }
    }

    /// <summary>A tuple.</summary>
    public static ListValue Tuple(params Value[] items) => new(items, isTuple: true);

    /// <inheritdoc/>
    public override void Repr(TextBuilder text)
    {
        Builtins.Nesting.Enter();
        text.Append(IsTuple ? "(" : "[");
        for (int i = 0; i < Items.Count; i++)
        {
            if (i > 0)
            {
                text.Append(", ");
            }

            Items[i].Repr(text);
        }

        text.Append(
            !IsTuple ? "]"
            : Items.Count == 1 ? ",)"
            : ")"
        );
    }

    /// <inheritdoc/>
    public override bool Eq(Value other)
    {
        if (other is not ListValue list || list.IsTuple != IsTuple || list.Items.Count != Items.Count)
        {
            return false;
        }

        Builtins.Nesting.Enter();
        RenderBudget.Spend(8);
        for (int i = 0; i < Items.Count; i++)
        {
            RenderBudget.Spend(2);
            if (!ReferenceEquals(Items[i], list.Items[i]) && !Items[i].Eq(list.Items[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override int Hash()
    {
        Builtins.Nesting.Enter();
        RenderBudget.Spend(1 + Items.Count);
        HashCode hash = default;
        foreach (Value item in Items)
        {
            hash.Add(item.Hash());
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate() => Items;

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        Names is not null && Array.IndexOf(Names, name) is var at and >= 0
            ? Items[at]
            : Builtins.ContainerMethods.OfList(this, name);

    /// <inheritdoc/>
    public override bool IsUnsafe(string attribute) =>
        base.IsUnsafe(attribute) || (!IsTuple && _mutating.Contains(attribute));

    /// <inheritdoc/>
    public override Value? GetItem(Value key)
    {
        if (!Numbers.TryIndex(key, out long index))
        {
            return null;
        }

        index = index < 0 ? index + Items.Count : index;
        return index >= 0 && index < Items.Count ? Items[(int)index] : null;
    }

    /// <inheritdoc/>
    public override Value Slice(SliceBounds bounds)
    {
        (int start, int count, int step) = bounds.Resolve(Items.Count);
        RenderBudget.Items(count);
        Value[] picked = new Value[count];
        for (int i = 0; i < count; i++)
        {
            picked[i] = Items[start + (int)((long)i * step)];
        }

        return new ListValue(picked, IsTuple);
    }
}

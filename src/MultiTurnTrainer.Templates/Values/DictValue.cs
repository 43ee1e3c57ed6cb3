namespace MultiTurnTrainer.Templates.Values;

/// <summary>A dictionary in order of insertion. Templates cannot change it.</summary>
internal sealed class DictValue : Value
{
    private const int LinearUpTo = 8;

    private static readonly HashSet<string> _mutating = new(StringComparer.Ordinal)
    {
        "clear",
        "pop",
        "popitem",
        "setdefault",
        "update",
    };

    private readonly List<KeyValuePair<Value, Value>> _entries;
    private Dictionary<Value, int>? _index;
    private int _depth = 1;

    /// <summary>An empty dictionary with room.</summary>
    public DictValue(int capacity = 4)
    {
        _entries = new List<KeyValuePair<Value, Value>>(capacity);
    }

    /// <summary>The entries in order.</summary>
    public IReadOnlyList<KeyValuePair<Value, Value>> Entries => _entries;

    /// <summary>The index among the messages, or -1 when this is not one of them.</summary>
    public int MessageIndex { get; init; } = -1;

    /// <inheritdoc/>
    public override string TypeName => "dict";

    /// <inheritdoc/>
    public override bool Truthy => _entries.Count > 0;

    /// <inheritdoc/>
    public override int Length => _entries.Count;

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override bool HasGetItem => true;

    /// <inheritdoc/>
    public override bool IsHashable => false;

    /// <inheritdoc/>
    public override int Depth => _depth;

    /// <summary>Sets a key: a new one goes last, an old one keeps its place and its key object.</summary>
    public void Set(Value key, Value value)
    {
        if (!key.IsHashable)
        {
            throw TemplateException.Type($"unhashable type: '{key.TypeName}'");
        }

        RenderBudget.Items(12);
        _depth = Math.Max(_depth, Limits.Around(Math.Max(key.Depth, value.Depth)));
        int at = Find(key);
        if (at >= 0)
        {
            _entries[at] = new(_entries[at].Key, value);
            return;
        }

        _entries.Add(new(key, value));
        if (_index is not null)
        {
            _index.Add(key, _entries.Count - 1);
        }
        else if (_entries.Count > LinearUpTo)
        {
            _index = new Dictionary<Value, int>(ByValue.Comparer);
            for (int i = 0; i < _entries.Count; i++)
            {
                _index.Add(_entries[i].Key, i);
            }
        }
    }

    /// <summary>The value of a text key, or null.</summary>
    public Value? Get(string key)
    {
        RenderBudget.Spend(1 + (key.Length / 16));
        if (_index is not null)
        {
            return _index.TryGetValue(new StrValue(key, null), out int at) ? _entries[at].Value : null;
        }

        foreach (KeyValuePair<Value, Value> entry in _entries)
        {
            if (entry.Key is StrValue name && name.Text == key)
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override void Repr(TextBuilder text)
    {
        Builtins.Nesting.Enter();
        text.Append("{");
        for (int i = 0; i < _entries.Count; i++)
        {
            if (i > 0)
            {
                text.Append(", ");
            }

            _entries[i].Key.Repr(text);
            text.Append(": ");
            _entries[i].Value.Repr(text);
        }

        text.Append("}");
    }

    /// <inheritdoc/>
    public override bool Eq(Value other)
    {
        if (other is not DictValue dict || dict._entries.Count != _entries.Count)
        {
            return false;
        }

        Builtins.Nesting.Enter();
        foreach ((Value key, Value value) in _entries)
        {
            RenderBudget.Spend(1);
            int at = dict.Find(key);
            if (at < 0 || (!ReferenceEquals(value, dict._entries[at].Value) && !value.Eq(dict._entries[at].Value)))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate() => _entries.Select(entry => entry.Key);

    /// <inheritdoc/>
    public override bool Contains(Value item) => Find(Hashable(item)) >= 0;

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => Builtins.ContainerMethods.OfDict(this, name);

    /// <inheritdoc/>
    public override bool IsUnsafe(string attribute) => base.IsUnsafe(attribute) || _mutating.Contains(attribute);

    /// <inheritdoc/>
    public override Value? GetItem(Value key)
    {
        if (!key.IsHashable)
        {
            return null;
        }

        int at = Find(key);
        return at < 0 ? null : _entries[at].Value;
    }

    /// <inheritdoc/>
    public override Value Slice(SliceBounds bounds) => throw TemplateException.Type("unhashable type: 'slice'");

    private static Value Hashable(Value key) =>
        key.IsHashable ? key : throw TemplateException.Type($"unhashable type: '{key.TypeName}'");

    private int Find(Value key)
    {
        if (_index is not null)
        {
            return _index.TryGetValue(key, out int at) ? at : -1;
        }

        for (int i = 0; i < _entries.Count; i++)
        {
            if (ReferenceEquals(_entries[i].Key, key) || _entries[i].Key.Eq(key))
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>Equality as Python's dictionaries have it.</summary>
internal sealed class ByValue : IEqualityComparer<Value>
{
    /// <summary>The one comparer.</summary>
    public static ByValue Comparer { get; } = new();

    /// <inheritdoc/>
    public bool Equals(Value? x, Value? y)
    {
        RenderBudget.Spend(1);
        return ReferenceEquals(x, y) || (x is not null && y is not null && x.Eq(y));
    }

    /// <inheritdoc/>
    public int GetHashCode(Value obj) => obj.Hash();
}

namespace MultiTurnTrainer.Templates.Values;

/// <summary>
/// A text with provenance. A leaf is one run with one origin; joined texts keep their parts as they are, so that
/// concatenation copies nothing and origins flow through it. Positions inside are UTF-16; Python's positions are
/// code points, which are the same unless the text holds surrogates.
/// </summary>
internal sealed class StrValue : Value
{
    private string? _text;
    private StrValue[]? _parts;
    private int _codePoints = -1;

    /// <summary>A leaf.</summary>
    public StrValue(string text, Origin? origin, int offset = 0)
    {
        _text = text;
        Chars = text.Length;
        Origin = origin;
        Offset = offset;
    }

    private StrValue(StrValue[] parts, int chars)
    {
        _parts = parts;
        Chars = chars;
    }

    // Another text of the same provenance as a leaf.
    private StrValue(string text, StrValue leaf, int offset)
        : this(text, leaf.Origin, offset)
    {
        IsMarkup = leaf.IsMarkup;
        Context = leaf.Context;
        Line = leaf.Line;
        Traits = leaf.Traits;
    }

    /// <summary>The empty text.</summary>
    public static StrValue Empty { get; } = new("", null);

    /// <summary>The length in UTF-16 units.</summary>
    public int Chars { get; }

    /// <summary>For a leaf: where it came from; null when provenance is off.</summary>
    public Origin? Origin { get; }

    /// <summary>For a leaf: where in its origin it begins.</summary>
    public int Offset { get; }

    /// <summary>For a leaf printed into a captured block: the message of that moment, or -1 when there was none.</summary>
    public int Context { get; private init; } = -1;

    /// <summary>For a captured leaf: the line that printed it.</summary>
    public int Line { get; private init; }

    /// <summary>For a captured leaf: how it was printed.</summary>
    public SpanTraits Traits { get; private init; }

    /// <summary>Whether this is markupsafe's <c>Markup</c>, which escapes what it is joined with.</summary>
    public bool IsMarkup { get; private init; }

    /// <summary>Whether this text is one run.</summary>
    public bool IsLeaf => _parts is null;

    /// <summary>What it is joined of; null for a leaf.</summary>
    public StrValue[]? Parts => _parts;

    /// <summary>The text, if it has been put together.</summary>
    public string? FlatText => _text;

    /// <summary>The text.</summary>
    public string Text => _text ??= Rope.Flatten(this);

    /// <inheritdoc/>
    public override string TypeName => IsMarkup ? "Markup" : "str";

    /// <inheritdoc/>
    public override bool Truthy => Chars > 0;

    /// <inheritdoc/>
    public override int Length
    {
        get
        {
            if (_codePoints < 0)
            {
                RenderBudget.Spend(Chars / 8);
                _codePoints = CodePoints.Count(Text);
            }

            return _codePoints;
        }
    }

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override bool HasGetItem => true;

    /// <summary>A text made by the template from other values.</summary>
    public static StrValue Computed(string text) => new(text, Origin.Computed);

    /// <summary>Joins two texts.</summary>
    public static StrValue Concat(StrValue left, StrValue right)
    {
        if (left.Chars == 0)
        {
            return right.IsMarkup == left.IsMarkup ? right : right.AsMarkup(left.IsMarkup);
        }

        return right.Chars == 0 ? left : Join([left, right], left.IsMarkup);
    }

    /// <summary>Joins texts.</summary>
    public static StrValue Join(StrValue[] parts, bool markup = false)
    {
        RenderBudget.Items(parts.Length + 4);
        long chars = 0;
        foreach (StrValue part in parts)
        {
            chars += part.Chars;
        }

        if (chars > Limits.MaxText)
        {
            throw Limits.TextTooLong();
        }

        return new StrValue(parts, (int)chars) { IsMarkup = markup };
    }

    /// <summary>The same text, marked safe or not.</summary>
    public StrValue AsMarkup(bool markup) =>
        markup == IsMarkup ? this
        : IsLeaf ? new StrValue(Text, this, Offset) { IsMarkup = markup }
        : new StrValue(_parts!, Chars) { IsMarkup = markup, _text = _text };

    /// <summary>The same leaf, as printed into a captured block.</summary>
    public StrValue Stamp(int context, int line, SpanTraits traits) =>
        new(Text, Origin, Offset)
        {
            Context = Context >= 0 ? Context : context,
            Line = Line > 0 ? Line : line,
            Traits = traits,
        };

    /// <summary>The same text as that of a list or dictionary: every leaf keeps that, whatever becomes of it.</summary>
    public StrValue AsStringified()
    {
        ReadOnlySpan<StrValue> leaves = Leaves();
        RenderBudget.Items(10L * leaves.Length);
        StrValue[] marked = new StrValue[leaves.Length];
        for (int i = 0; i < marked.Length; i++)
        {
            StrValue leaf = leaves[i];
            marked[i] = leaf.Stamp(leaf.Context, leaf.Line, leaf.Traits | SpanTraits.Stringified);
        }

        return Join(marked);
    }

    /// <summary>Visits the leaves that are not empty, in order.</summary>
    public void ForEachLeaf<TState>(TState state, Action<TState, StrValue> visit) =>
        Rope.ForEachLeaf(this, state, visit);

    /// <summary>The leaves, in order; flattens the nesting so that the next call is cheap.</summary>
    public ReadOnlySpan<StrValue> Leaves()
    {
        // What was joined of nothing is its own leaf.
        if (_parts is null or [])
        {
            return new[] { this };
        }

        RenderBudget.Spend(_parts.Length / 2);
        if (Array.TrueForAll(_parts, part => part._parts is null))
        {
            return _parts;
        }

        List<StrValue> leaves = [];
        ForEachLeaf(
            leaves,
            static (list, leaf) =>
            {
                RenderBudget.Items(2);
                list.Add(leaf);
            }
        );
        _parts = [.. leaves];
        return _parts;
    }

    /// <summary>A part of the text by UTF-16 position, with its origins.</summary>
    public StrValue Sub(int start, int length)
    {
        if (start == 0 && length == Chars)
        {
            return this;
        }

        if (length <= 0)
        {
            return IsMarkup ? Empty.AsMarkup(true) : Empty;
        }

        if (_parts is null)
        {
            RenderBudget.Chars(length);
            return new StrValue(Text.Substring(start, length), this, Offset + start);
        }

        List<StrValue> kept = [];
        int at = 0;
        foreach (StrValue leaf in Leaves())
        {
            RenderBudget.Spend(1);
            int from = Math.Max(start - at, 0);
            int to = Math.Min(start + length - at, leaf.Chars);
            if (from < to)
            {
                kept.Add(leaf.Sub(from, to - from));
            }

            at += leaf.Chars;
            if (at >= start + length)
            {
                break;
            }
        }

        return kept.Count == 1 ? kept[0].AsMarkup(IsMarkup) : Join([.. kept], IsMarkup);
    }

    /// <summary>The same runs with another text each: for changes of case. A run whose length changed loses its place.</summary>
    public StrValue MapText(string text)
    {
        if (text.Length == Chars)
        {
            if (_parts is null)
            {
                return new StrValue(text, this, Offset);
            }

            ReadOnlySpan<StrValue> leaves = Leaves();
            RenderBudget.Make(leaves.Length, (90L * leaves.Length) + (2 * text.Length));
            StrValue[] mapped = new StrValue[leaves.Length];
            int at = 0;
            for (int i = 0; i < leaves.Length; i++)
            {
                mapped[i] = new StrValue(text.Substring(at, leaves[i].Chars), leaves[i], leaves[i].Offset);
                at += leaves[i].Chars;
            }

            return Join(mapped, IsMarkup);
        }

        StrValue first = Leaves()[0];
        return new StrValue(text, first, first.Offset)
        {
            IsMarkup = IsMarkup,
            Traits = first.Traits | SpanTraits.Stringified,
        };
    }

    /// <inheritdoc/>
    public override StrValue ToStr() => IsMarkup ? AsMarkup(false) : this;

    /// <inheritdoc/>
    public override void Repr(TextBuilder text)
    {
        if (IsMarkup)
        {
            text.Append("Markup(");
        }

        StringRepr.Write(this, text);
        if (IsMarkup)
        {
            text.Append(")");
        }
    }

    /// <inheritdoc/>
    public override bool Eq(Value other)
    {
        if (other is not StrValue s || s.Chars != Chars)
        {
            return false;
        }

        RenderBudget.Spend(1 + (Chars / 16));
        return s.Text == Text;
    }

    /// <inheritdoc/>
    public override int Hash()
    {
        RenderBudget.Spend(1 + (Chars / 8));
        return Text.GetHashCode(StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate() => Characters.Of(this);

    /// <inheritdoc/>
    public override bool Contains(Value item) =>
        item is StrValue s
            ? Builtins.StrSearch.IndexOf(Text, s.Text, 0) >= 0
            : throw TemplateException.Type($"'in <string>' requires string as left operand, not {item.TypeName}");

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => Builtins.StrMethods.Find(this, name);

    /// <inheritdoc/>
    public override Value? GetItem(Value key) => Characters.Item(this, key);

    /// <inheritdoc/>
    public override Value Slice(SliceBounds bounds) => Characters.Slice(this, bounds);

    /// <inheritdoc/>
    public override string ToString() => Text;
}

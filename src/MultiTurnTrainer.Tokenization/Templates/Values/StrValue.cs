namespace MultiTurnTrainer.Tokenization.Templates.Values;

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

    /// <summary>The text.</summary>
    public string Text => _text ??= Flatten();

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
        : IsLeaf
            ? new StrValue(Text, Origin, Offset)
            {
                IsMarkup = markup,
                Context = Context,
                Line = Line,
                Traits = Traits,
            }
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
        StrValue[] marked = new StrValue[leaves.Length];
        for (int i = 0; i < marked.Length; i++)
        {
            StrValue leaf = leaves[i];
            marked[i] = leaf.Stamp(leaf.Context, leaf.Line, leaf.Traits | SpanTraits.Stringified);
        }

        return Join(marked);
    }

    /// <summary>Visits the leaves in order; deep nesting goes on without recursion.</summary>
    public void ForEachLeaf<TState>(TState state, Action<TState, StrValue> visit) => Visit(this, state, visit, 0);

    private static void Visit<TState>(StrValue value, TState state, Action<TState, StrValue> visit, int depth)
    {
        if (value._parts is not { } parts)
        {
            visit(state, value);
            return;
        }

        foreach (StrValue part in parts)
        {
            if (part._parts is null)
            {
                if (part.Chars > 0)
                {
                    visit(state, part);
                }
            }
            else if (depth < 32)
            {
                Visit(part, state, visit, depth + 1);
            }
            else
            {
                VisitDeep(part, state, visit);
            }
        }
    }

    private static void VisitDeep<TState>(StrValue value, TState state, Action<TState, StrValue> visit)
    {
        Stack<(StrValue[] Parts, int Next)> pending = new();
        pending.Push((value._parts!, 0));
        while (pending.TryPop(out (StrValue[] Parts, int Next) top))
        {
            int i = top.Next;
            while (i < top.Parts.Length)
            {
                StrValue part = top.Parts[i++];
                if (part._parts is null)
                {
                    if (part.Chars > 0)
                    {
                        visit(state, part);
                    }
                }
                else
                {
                    pending.Push((top.Parts, i));
                    pending.Push((part._parts, 0));
                    break;
                }
            }
        }
    }

    /// <summary>The leaves, in order; flattens the nesting so that the next call is cheap.</summary>
    public ReadOnlySpan<StrValue> Leaves()
    {
        // What was joined of nothing is its own leaf.
        if (_parts is null or [])
        {
            return new[] { this };
        }

        if (Array.TrueForAll(_parts, part => part._parts is null))
        {
            return _parts;
        }

        List<StrValue> leaves = [];
        ForEachLeaf(leaves, static (list, leaf) => list.Add(leaf));
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
            return new StrValue(Text.Substring(start, length), Origin, Offset + start)
            {
                IsMarkup = IsMarkup,
                Context = Context,
                Line = Line,
                Traits = Traits,
            };
        }

        List<StrValue> kept = [];
        int at = 0;
        foreach (StrValue leaf in Leaves())
        {
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
                return Retext(text);
            }

            ReadOnlySpan<StrValue> leaves = Leaves();
            StrValue[] mapped = new StrValue[leaves.Length];
            int at = 0;
            for (int i = 0; i < leaves.Length; i++)
            {
                mapped[i] = leaves[i].Retext(text.Substring(at, leaves[i].Chars));
                at += leaves[i].Chars;
            }

            return Join(mapped, IsMarkup);
        }

        StrValue first = Leaves()[0];
        return new StrValue(text, first.Origin, first.Offset)
        {
            IsMarkup = IsMarkup,
            Context = first.Context,
            Line = first.Line,
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
    public override bool Eq(Value other) => other is StrValue s && s.Chars == Chars && s.Text == Text;

    /// <inheritdoc/>
    public override int Hash() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate()
    {
        string text = Text;
        for (int i = 0; i < text.Length; )
        {
            int width = CodePoints.WidthAt(text, i);
            yield return Sub(i, width);
            i += width;
        }
    }

    /// <inheritdoc/>
    public override bool Contains(Value item) =>
        item is StrValue s
            ? Text.Contains(s.Text, StringComparison.Ordinal)
            : throw TemplateException.Type($"'in <string>' requires string as left operand, not {item.TypeName}");

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => Builtins.StrMethods.Find(this, name);

    /// <inheritdoc/>
    public override Value? GetItem(Value key)
    {
        if (key is not (IntValue or BoolValue) || !Numbers.TryIndex(key, out long index))
        {
            return null;
        }

        int length = Length;
        index = index < 0 ? index + length : index;
        if (index < 0 || index >= length)
        {
            return null;
        }

        int at = CodePoints.ToUtf16(Text, (int)index, length);
        return Sub(at, CodePoints.WidthAt(Text, at));
    }

    /// <inheritdoc/>
    public override Value Slice(SliceBounds bounds)
    {
        int length = Length;
        (int start, int count, int step) = bounds.Resolve(length);
        if (count == 0)
        {
            return Sub(0, 0);
        }

        if (step == 1)
        {
            int from = CodePoints.ToUtf16(Text, start, length);
            int to = CodePoints.ToUtf16(Text, start + count, length);
            return Sub(from, to - from);
        }

        StrValue[] picked = new StrValue[count];
        for (int i = 0; i < count; i++)
        {
            int at = CodePoints.ToUtf16(Text, start + (int)((long)i * step), length);
            picked[i] = Sub(at, CodePoints.WidthAt(Text, at));
        }

        return Join(picked, IsMarkup);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private StrValue Retext(string text) =>
        new(text, Origin, Offset)
        {
            IsMarkup = IsMarkup,
            Context = Context,
            Line = Line,
            Traits = Traits,
        };

    private string Flatten() =>
        string.Create(
            Chars,
            this,
            static (span, self) =>
            {
                int at = 0;
                Span<char> target = span;
                Stack<(StrValue[] Parts, int Next)> pending = new();
                pending.Push((self._parts!, 0));
                while (pending.TryPop(out (StrValue[] Parts, int Next) top))
                {
                    int i = top.Next;
                    while (i < top.Parts.Length)
                    {
                        StrValue part = top.Parts[i++];
                        if (part._text is { } text)
                        {
                            text.CopyTo(target[at..]);
                            at += text.Length;
                        }
                        else
                        {
                            pending.Push((top.Parts, i));
                            pending.Push((part._parts!, 0));
                            break;
                        }
                    }
                }
            }
        );
}

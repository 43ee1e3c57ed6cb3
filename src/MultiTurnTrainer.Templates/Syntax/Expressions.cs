using MultiTurnTrainer.Templates.Builtins;
using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>An expression; it evaluates itself.</summary>
internal abstract class Expression(Place place)
{
    /// <summary>Where it is written.</summary>
    public Place Place { get; } = place;

    /// <summary>The expressions inside, in the order Python evaluates names in them.</summary>
    public virtual IEnumerable<Expression> Children => [];

    /// <summary>Computes the value.</summary>
    public abstract Value Evaluate(Renderer r);
}

/// <summary>A literal.</summary>
internal sealed class Constant(Value value, Place place) : Expression(place)
{
    /// <summary>The value.</summary>
    public Value Value { get; } = value;

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r) => Value;
}

/// <summary>A variable that is read, or a target that is written.</summary>
internal sealed class Name(string id, Place place) : Expression(place)
{
    /// <summary>The variable's name.</summary>
    public string Id { get; } = id;

    /// <summary>Where it lives at run time; set by <see cref="Binder"/>.</summary>
    public Slot Slot { get; set; }

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r) => r.Load(Slot) ?? UndefinedValue.Name(Id);
}

/// <summary><c>ns.attr</c> as a target.</summary>
internal sealed class NamespaceTarget(Name owner, string attribute, Place place) : Expression(place)
{
    /// <summary>The namespace.</summary>
    public Name Owner { get; } = owner;

    /// <summary>The attribute.</summary>
    public string Attribute { get; } = attribute;

    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [Owner];

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r) => throw new InvalidOperationException("a target has no value");
}

/// <summary>A tuple or a list; a tuple may be a target.</summary>
internal sealed class Sequence(Expression[] items, bool isTuple, Place place) : Expression(place)
{
    /// <summary>The items.</summary>
    public Expression[] Items { get; } = items;

    /// <summary>Whether it is a tuple.</summary>
    public bool IsTuple { get; } = isTuple;

    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => Items;

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value[] values = new Value[Items.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Items[i].Evaluate(r);
        }

        return new ListValue(values, IsTuple);
    }
}

/// <summary>A dictionary.</summary>
internal sealed class Mapping(KeyValuePair<Expression, Expression>[] entries, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => entries.SelectMany(e => new[] { e.Key, e.Value });

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        DictValue dict = new(entries.Length);
        foreach ((Expression key, Expression value) in entries)
        {
            Value k = key.Evaluate(r);
            Value v = value.Evaluate(r);
            r.At = Place;
            dict.Set(k, v);
        }

        return dict;
    }
}

/// <summary><c>a if test else b</c>.</summary>
internal sealed class Conditional(Expression test, Expression then, Expression? otherwise, Place place)
    : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => otherwise is null ? [test, then] : [test, then, otherwise];

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        RenderBudget.Spend(1);
        if (test.Evaluate(r).Truthy)
        {
            return then.Evaluate(r);
        }

        return otherwise?.Evaluate(r)
            ?? new UndefinedValue(
                $"the inline if-expression on line {Place.Line} evaluated to false and no else section was defined."
            );
    }
}

/// <summary><c>and</c>, <c>or</c>.</summary>
internal sealed class Logical(bool isAnd, Expression left, Expression right, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [left, right];

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        RenderBudget.Spend(1);
        Value value = left.Evaluate(r);
        return value.Truthy == isAnd ? right.Evaluate(r) : value;
    }
}

/// <summary><c>not</c>.</summary>
internal sealed class Negation(Expression operand, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [operand];

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        RenderBudget.Spend(1);
        return BoolValue.Of(!operand.Evaluate(r).Truthy);
    }
}

/// <summary>Unary plus and minus.</summary>
internal sealed class Unary(char op, Expression operand, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [operand];

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        RenderBudget.Spend(4);
        Value value = operand.Evaluate(r);
        r.At = Place;
        return Operators.Unary(op, value);
    }
}

/// <summary>Arithmetic but sums.</summary>
internal sealed class Binary(char op, Expression left, Expression right, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [left, right];

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value a = left.Evaluate(r);
        Value b = right.Evaluate(r);
        r.At = Place;
        return Operators.Binary(op, a, b);
    }
}

/// <summary><c>a + b + c</c>, from left to right; a run of texts is joined once.</summary>
internal sealed class Sum(Expression first, (Expression Operand, Place Place)[] rest, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => rest.Select(r => r.Operand).Prepend(first);

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value value = first.Evaluate(r);
        int i = 0;
        if (value is StrValue { IsMarkup: false } text)
        {
            StrValue[] parts = new StrValue[rest.Length + 1];
            parts[0] = text;
            for (; i < rest.Length; i++)
            {
                Value next = rest[i].Operand.Evaluate(r);
                if (next is not StrValue { IsMarkup: false } more)
                {
                    r.At = rest[i].Place;
                    value = Operators.Binary('+', StrValue.Join(parts[..(i + 1)]), next);
                    i++;
                    break;
                }

                parts[i + 1] = more;
                if (i == rest.Length - 1)
                {
                    r.At = rest[i].Place;
                    return StrValue.Join(parts);
                }
            }
        }

        for (; i < rest.Length; i++)
        {
            Value next = rest[i].Operand.Evaluate(r);
            r.At = rest[i].Place;
            value = Operators.Binary('+', value, next);
        }

        return value;
    }
}

/// <summary><c>a ~ b ~ c</c>.</summary>
internal sealed class Concatenation(Expression[] parts, Place place) : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => parts;

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value[] values = new Value[parts.Length];
        bool markup = false;
        for (int i = 0; i < parts.Length; i++)
        {
            values[i] = parts[i].Evaluate(r);
            markup |= r.AutoEscape && values[i] is StrValue { IsMarkup: true };
        }

        r.At = Place;
        StrValue[] texts = new StrValue[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            RenderBudget.Spend(2);
            texts[i] = markup ? Html.Escape(values[i]) : values[i].ToStr();
        }

        return StrValue.Join(texts, markup);
    }
}

/// <summary>A chain of comparisons.</summary>
internal sealed class Comparison(Expression first, KeyValuePair<string, Expression>[] rest, Place place)
    : Expression(place)
{
    /// <inheritdoc/>
    public override IEnumerable<Expression> Children => [first, .. rest.Select(pair => pair.Value)];

    /// <summary>One comparison.</summary>
    public static bool Holds(string op, Value a, Value b)
    {
        switch (op)
        {
            case "==":
                return Same(a, b);
            case "!=":
                return !Same(a, b);
            case "in":
                return b.Contains(a);
            case "not in":
                return !b.Contains(a);
        }

        if (Operators.Order(a, b, op) is not { } order)
        {
            return false;
        }

        return op switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    /// <inheritdoc/>
    public override Value Evaluate(Renderer r)
    {
        Value a = first.Evaluate(r);
        foreach ((string op, Expression operand) in rest)
        {
            RenderBudget.Spend(1);
            Value b = operand.Evaluate(r);
            r.At = Place;
            if (!Holds(op, a, b))
            {
                return BoolValue.False;
            }

            a = b;
        }

        return BoolValue.True;
    }

    private static bool Same(Value a, Value b) => a.Eq(b);
}

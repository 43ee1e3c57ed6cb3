namespace MultiTurnTrainer.Templates.Values;

/// <summary>Python's operators on values.</summary>
internal static class Operators
{
    /// <summary>The operators of the parser; <c>f</c> is floor division and <c>^</c> power.</summary>
    public static Value Binary(char op, Value a, Value b)
    {
        RenderBudget.Make(4, 48);
        if (Numbers.IsNumber(a) && Numbers.IsNumber(b))
        {
            return Numbers.Apply(op, a, b);
        }

        if (op == '%' && a is StrValue format)
        {
            return Builtins.PercentFormat.Apply(format, b);
        }

        if (a is UndefinedValue left)
        {
            throw left.Fail();
        }

        if (op == '+')
        {
            if (a is StrValue s && b is StrValue t)
            {
                return Add(s, t);
            }

            if (a is ListValue x && b is ListValue y && x.IsTuple == y.IsTuple)
            {
                BoundList((long)x.Length + y.Length);
                return new ListValue([.. x.Items, .. y.Items], x.IsTuple);
            }
        }

        if (op == '*')
        {
            Value repeated = a is StrValue or ListValue ? a : b;
            Value times = ReferenceEquals(repeated, a) ? b : a;
            if (repeated is StrValue or ListValue && Numbers.TryIndex(times, out long count))
            {
                return Repeat(repeated, count);
            }
        }

        if (b is UndefinedValue right)
        {
            throw right.Fail();
        }

        if (op == '+' && a is StrValue)
        {
            throw TemplateException.Type($"can only concatenate str (not \"{b.TypeName}\") to str");
        }

        string name = op switch
        {
            'f' => "//",
            '^' => "** or pow()",
            _ => op.ToString(),
        };
        throw TemplateException.Type($"unsupported operand type(s) for {name}: '{a.TypeName}' and '{b.TypeName}'");
    }

    /// <summary>-x and +x.</summary>
    public static Value Unary(char op, Value a) =>
        a switch
        {
            UndefinedValue undefined => throw undefined.Fail(),
            FloatValue f => FloatValue.Of(op == '-' ? -f.Number : f.Number),
            _ when Numbers.TryInt(a, out System.Numerics.BigInteger i) => IntValue.Of(op == '-' ? -i : i),
            _ => throw TemplateException.Type($"bad operand type for unary {op}: '{a.TypeName}'"),
        };

    /// <summary>The order of two values, for sorting and comparisons; null when they have none (NaN).</summary>
    /// <param name="a">The left value.</param>
    /// <param name="b">The right value.</param>
    /// <param name="op">The operator, for the error message.</param>
    public static int? Order(Value a, Value b, string op)
    {
        RenderBudget.Spend(4);
        if (Numbers.IsNumber(a) && Numbers.IsNumber(b))
        {
            return Numbers.Compare(a, b);
        }

        switch (a, b)
        {
            case (StrValue s, StrValue t):
                return CompareText(s.Text, t.Text);
            case (UndefinedValue undefined, _):
                throw undefined.Fail();
            case (_, UndefinedValue undefined):
                throw undefined.Fail();
            case (ListValue x, ListValue y) when x.IsTuple == y.IsTuple:
                Builtins.Nesting.Enter();
                for (int i = 0; i < Math.Min(x.Length, y.Length); i++)
                {
                    RenderBudget.Spend(1);
                    if (!ReferenceEquals(x.Items[i], y.Items[i]) && !x.Items[i].Eq(y.Items[i]))
                    {
                        return Order(x.Items[i], y.Items[i], op);
                    }
                }

                return x.Length.CompareTo(y.Length);
            default:
                throw TemplateException.Type(
                    $"'{op}' not supported between instances of '{a.TypeName}' and '{b.TypeName}'"
                );
        }
    }

    /// <summary>Text by code points: surrogates sort after the rest of UTF-16.</summary>
    public static int CompareText(string a, string b)
    {
        int n = Math.Min(a.Length, b.Length);
        int at = a.AsSpan().CommonPrefixLength(b);
        RenderBudget.Spend(at / 16);
        if (at >= n)
        {
            return a.Length.CompareTo(b.Length);
        }

        char x = a[at];
        char y = b[at];
        bool p = char.IsSurrogate(x);
        bool q = char.IsSurrogate(y);
        return p != q ? (p ? 1 : -1) : x.CompareTo(y);
    }

    /// <summary>str + str; a Markup escapes the other side.</summary>
    public static StrValue Add(StrValue a, StrValue b)
    {
        if (a.IsMarkup || b.IsMarkup)
        {
            return StrValue.Join([Builtins.Html.Escape(a), Builtins.Html.Escape(b)], markup: true);
        }

        return StrValue.Concat(a, b);
    }

    /// <summary>text * n or list * n.</summary>
    public static Value Repeat(Value value, long count)
    {
        count = Math.Max(count, 0);
        if (value is StrValue s)
        {
            if (s.Chars == 0 || count == 0)
            {
                return StrValue.Empty.AsMarkup(s.IsMarkup);
            }

            if (count > Limits.MaxText / s.Chars || count > Limits.MaxList)
            {
                throw Limits.TextTooLong();
            }

            if (s.IsLeaf && count > 16)
            {
                RenderBudget.Chars(s.Chars * count);
                RenderBudget.Spend(count);
                return new StrValue(string.Concat(Enumerable.Repeat(s.Text, (int)count)), s.Origin, s.Offset).AsMarkup(
                    s.IsMarkup
                );
            }

            RenderBudget.Items(count);
            return StrValue.Join([.. Enumerable.Repeat(s, (int)count)], s.IsMarkup);
        }

        ListValue list = (ListValue)value;
        BoundList(
            list.Length == 0 ? 0
            : count > Limits.MaxList ? long.MaxValue
            : count * list.Length
        );
        List<Value> items = [];
        for (int i = 0; i < (list.Length == 0 ? 0 : count); i++)
        {
            items.AddRange(list.Items);
        }

        return new ListValue(items, list.IsTuple);
    }

    private static void BoundList(long length)
    {
        if (length > Limits.MaxList)
        {
            throw TemplateException.Type("the list grew too long");
        }

        RenderBudget.Items(length);
    }
}

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Reads expressions with jinja2's precedence.</summary>
internal sealed class ExpressionParser
{
    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private readonly TokenReader _tokens;
    private readonly PrimaryParser _primary;
    private readonly PostfixParser _postfix;

    /// <summary>A parser that goes on where the reader stands.</summary>
    public ExpressionParser(TokenReader tokens)
    {
        _tokens = tokens;
        _primary = new PrimaryParser(tokens, this);
        _postfix = new PostfixParser(tokens, this, _primary);
    }

    /// <summary>An expression, conditionals included.</summary>
    public Expression Full()
    {
        _tokens.Descend();
        Expression expression = ConditionalExpression();
        _tokens.Ascend();
        return expression;
    }

    /// <summary>An expression, or several with commas between as a tuple.</summary>
    /// <param name="withConditional">Whether <c>a if b</c> is allowed.</param>
    /// <param name="end">A name that ends the tuple too.</param>
    /// <param name="parenthesized">Whether it is in parentheses, so that it may be empty.</param>
    public Expression Tuple(bool withConditional = true, string? end = null, bool parenthesized = false) =>
        Tuple(() => withConditional ? Full() : Or(), end, parenthesized);

    /// <summary>The target of an assignment.</summary>
    /// <param name="end">A name that ends it.</param>
    /// <param name="withNamespace">Whether <c>ns.attr</c> is allowed.</param>
    public Expression Target(string? end, bool withNamespace = false)
    {
        Place place = _tokens.Current.Place;
        Expression target = Tuple(() => _primary.Read(withNamespace), end, parenthesized: false);
        if (!CanAssign(target))
        {
            throw place.Error($"can't assign to '{Kind(target)}'");
        }

        return target;
    }

    /// <summary>A single name as a target.</summary>
    public Name NameTarget()
    {
        Token token = _tokens.Expect(TokenKind.Name);
        Name name = new(token.Text, token.Place);
        return CanAssign(name) ? name : throw token.Place.Error("can't assign to 'name'");
    }

    /// <summary>The filters of a filter block: the first one without a bar.</summary>
    public Expression FilterChain() => _postfix.Filters(null, startInline: true)!;

    /// <summary>Filters with bars, or null when there are none.</summary>
    public Expression? OptionalFilters() => _postfix.Filters(null, startInline: false);

    private static bool CanAssign(Expression target) =>
        target switch
        {
            Name name => name.Id is not ("true" or "false" or "none" or "True" or "False" or "None"),
            NamespaceTarget => true,
            Sequence { IsTuple: true } tuple => Array.TrueForAll(tuple.Items, CanAssign),
            _ => false,
        };

    private static string Kind(Expression target) =>
        target switch
        {
            Constant => "const",
            Sequence { IsTuple: true } => "tuple",
            Sequence => "list",
            _ => target.GetType().Name.ToLowerInvariant(),
        };

    private Expression Tuple(Func<Expression> parse, string? end, bool parenthesized)
    {
        Place place = _tokens.Current.Place;
        List<Expression> items = [];
        bool isTuple = false;
        while (true)
        {
            if (items.Count > 0)
            {
                _tokens.Expect(",");
            }

            if (
                _tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd
                || _tokens.Current.Is(")")
                || (end is not null && _tokens.Current.IsName(end))
            )
            {
                break;
            }

            items.Add(parse());
            if (!_tokens.Current.Is(","))
            {
                break;
            }

            isTuple = true;
        }

        if (!isTuple)
        {
            if (items.Count > 0)
            {
                return items[0];
            }

            if (!parenthesized)
            {
                throw _tokens.Current.Place.Error($"Expected an expression, got '{_tokens.Current.Describe()}'");
            }
        }

        return new Sequence([.. items], isTuple: true, place);
    }

    private Expression ConditionalExpression()
    {
        Expression value = Or();
        while (_tokens.Current.IsName("if"))
        {
            Place place = _tokens.Next().Place;
            Expression test = Or();
            Expression? otherwise = _tokens.SkipName("else") ? Full() : null;
            value = _tokens.Chain(new Conditional(test, value, otherwise, place));
        }

        return value;
    }

    private Expression Or()
    {
        Expression left = And();
        while (_tokens.Current.IsName("or"))
        {
            Place place = _tokens.Next().Place;
            left = _tokens.Chain(new Logical(false, left, And(), place));
        }

        return left;
    }

    private Expression And()
    {
        Expression left = Not();
        while (_tokens.Current.IsName("and"))
        {
            Place place = _tokens.Next().Place;
            left = _tokens.Chain(new Logical(true, left, Not(), place));
        }

        return left;
    }

    private Expression Not()
    {
        if (!_tokens.Current.IsName("not"))
        {
            return Compare();
        }

        _tokens.Descend();
        Place place = _tokens.Next().Place;
        Expression negated = new Negation(Not(), place);
        _tokens.Ascend();
        return negated;
    }

    private Expression Compare()
    {
        Expression first = Sum();
        List<KeyValuePair<string, Expression>> rest = [];
        Place place = _tokens.Current.Place;
        while (true)
        {
            Token token = _tokens.Current;
            if (token.Kind == TokenKind.Operator && Array.IndexOf(_comparisons, token.Text) >= 0)
            {
                _tokens.Next();
                rest.Add(new(token.Text, Sum()));
            }
            else if (token.IsName("in"))
            {
                _tokens.Next();
                rest.Add(new("in", Sum()));
            }
            else if (token.IsName("not") && _tokens.Ahead.IsName("in"))
            {
                _tokens.Next();
                _tokens.Next();
                rest.Add(new("not in", Sum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first, [.. rest], place);
            }
        }
    }

    private Expression Sum()
    {
        Expression left = Concat();
        while (_tokens.Current.Is("+") || _tokens.Current.Is("-"))
        {
            Token token = _tokens.Next();
            if (token.Text == "-")
            {
                left = _tokens.Chain(new Binary('-', left, Concat(), token.Place));
                continue;
            }

            List<(Expression Operand, Place Place)> rest = [(Concat(), token.Place)];
            while (_tokens.Current.Is("+"))
            {
                Place place = _tokens.Next().Place;
                rest.Add((Concat(), place));
            }

            left = _tokens.Chain(new Sum(left, [.. rest], token.Place));
        }

        return left;
    }

    private Expression Concat()
    {
        Expression first = Product();
        if (!_tokens.Current.Is("~"))
        {
            return first;
        }

        Place place = _tokens.Current.Place;
        List<Expression> parts = [first];
        while (_tokens.Current.Is("~"))
        {
            _tokens.Next();
            parts.Add(Product());
        }

        return new Concatenation([.. parts], place);
    }

    private Expression Product()
    {
        Expression left = Power();
        while (_tokens.Current.Kind == TokenKind.Operator && _tokens.Current.Text is "*" or "/" or "//" or "%")
        {
            Token token = _tokens.Next();
            left = _tokens.Chain(new Binary(token.Text == "//" ? 'f' : token.Text[0], left, Power(), token.Place));
        }

        return left;
    }

    private Expression Power()
    {
        Expression left = UnaryExpression(withFilter: true);
        while (_tokens.Current.Is("**"))
        {
            Place place = _tokens.Next().Place;
            left = _tokens.Chain(new Binary('^', left, UnaryExpression(withFilter: true), place));
        }

        return left;
    }

    private Expression UnaryExpression(bool withFilter)
    {
        Token token = _tokens.Current;
        Expression value;
        if (token.Is("-") || token.Is("+"))
        {
            _tokens.Descend();
            _tokens.Next();
            value = new Unary(token.Text[0], UnaryExpression(withFilter: false), token.Place);
            _tokens.Ascend();
        }
        else
        {
            value = _primary.Read(withNamespace: false);
        }

        value = _postfix.Accesses(value);
        return withFilter ? _postfix.FiltersAndTests(value) : value;
    }
}

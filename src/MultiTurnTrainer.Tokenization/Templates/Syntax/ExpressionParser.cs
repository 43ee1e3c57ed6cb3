using MultiTurnTrainer.Tokenization.Templates.Values;

namespace MultiTurnTrainer.Tokenization.Templates.Syntax;

/// <summary>Reads expressions with jinja2's precedence.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>An expression, conditionals included.</summary>
    public Expression Full()
    {
        tokens.Descend();
        Expression expression = ConditionalExpression();
        tokens.Ascend();
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
        Place place = tokens.Current.Place;
        Expression target = Tuple(() => Primary(withNamespace), end, parenthesized: false);
        if (!CanAssign(target))
        {
            throw place.Error($"can't assign to '{Kind(target)}'");
        }

        return target;
    }

    /// <summary>A single name as a target.</summary>
    public Name NameTarget()
    {
        Token token = tokens.Expect(TokenKind.Name);
        Name name = new(token.Text, token.Place);
        return CanAssign(name) ? name : throw token.Place.Error("can't assign to 'name'");
    }

    /// <summary>The filters of a filter block: the first one without a bar.</summary>
    public Expression FilterChain() => Filters(null, startInline: true)!;

    /// <summary>Filters with bars, or null when there are none.</summary>
    public Expression? OptionalFilters() => Filters(null, startInline: false);

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
        Place place = tokens.Current.Place;
        List<Expression> items = [];
        bool isTuple = false;
        while (true)
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
            }

            if (
                tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd
                || tokens.Current.Is(")")
                || (end is not null && tokens.Current.IsName(end))
            )
            {
                break;
            }

            items.Add(parse());
            if (!tokens.Current.Is(","))
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
                throw tokens.Current.Place.Error($"Expected an expression, got '{tokens.Current.Describe()}'");
            }
        }

        return new Sequence([.. items], isTuple: true, place);
    }

    private Expression ConditionalExpression()
    {
        Expression value = Or();
        while (tokens.Current.IsName("if"))
        {
            Place place = tokens.Next().Place;
            Expression test = Or();
            Expression? otherwise = tokens.SkipName("else") ? Full() : null;
            value = tokens.Chain(new Conditional(test, value, otherwise, place));
        }

        return value;
    }

    private Expression Or()
    {
        Expression left = And();
        while (tokens.Current.IsName("or"))
        {
            Place place = tokens.Next().Place;
            left = tokens.Chain(new Logical(false, left, And(), place));
        }

        return left;
    }

    private Expression And()
    {
        Expression left = Not();
        while (tokens.Current.IsName("and"))
        {
            Place place = tokens.Next().Place;
            left = tokens.Chain(new Logical(true, left, Not(), place));
        }

        return left;
    }

    private Expression Not()
    {
        if (!tokens.Current.IsName("not"))
        {
            return Compare();
        }

        tokens.Descend();
        Place place = tokens.Next().Place;
        Expression negated = new Negation(Not(), place);
        tokens.Ascend();
        return negated;
    }

    private Expression Compare()
    {
        Expression first = Sum();
        List<KeyValuePair<string, Expression>> rest = [];
        Place place = tokens.Current.Place;
        while (true)
        {
            Token token = tokens.Current;
            if (token.Kind == TokenKind.Operator && Array.IndexOf(_comparisons, token.Text) >= 0)
            {
                tokens.Next();
                rest.Add(new(token.Text, Sum()));
            }
            else if (token.IsName("in"))
            {
                tokens.Next();
                rest.Add(new("in", Sum()));
            }
            else if (token.IsName("not") && tokens.Ahead.IsName("in"))
            {
                tokens.Next();
                tokens.Next();
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
        while (tokens.Current.Is("+") || tokens.Current.Is("-"))
        {
            Token token = tokens.Next();
            if (token.Text == "-")
            {
                left = tokens.Chain(new Binary('-', left, Concat(), token.Place));
                continue;
            }

            List<(Expression Operand, Place Place)> rest = [(Concat(), token.Place)];
            while (tokens.Current.Is("+"))
            {
                Place place = tokens.Next().Place;
                rest.Add((Concat(), place));
            }

            left = tokens.Chain(new Sum(left, [.. rest], token.Place));
        }

        return left;
    }

    private Expression Concat()
    {
        Expression first = Product();
        if (!tokens.Current.Is("~"))
        {
            return first;
        }

        Place place = tokens.Current.Place;
        List<Expression> parts = [first];
        while (tokens.Current.Is("~"))
        {
            tokens.Next();
            parts.Add(Product());
        }

        return new Concatenation([.. parts], place);
    }

    private Expression Product()
    {
        Expression left = Power();
        while (tokens.Current.Kind == TokenKind.Operator && tokens.Current.Text is "*" or "/" or "//" or "%")
        {
            Token token = tokens.Next();
            left = tokens.Chain(new Binary(token.Text == "//" ? 'f' : token.Text[0], left, Power(), token.Place));
        }

        return left;
    }

    private Expression Power()
    {
        Expression left = UnaryExpression(withFilter: true);
        while (tokens.Current.Is("**"))
        {
            Place place = tokens.Next().Place;
            left = tokens.Chain(new Binary('^', left, UnaryExpression(withFilter: true), place));
        }

        return left;
    }

    private Expression UnaryExpression(bool withFilter)
    {
        Token token = tokens.Current;
        Expression value;
        if (token.Is("-") || token.Is("+"))
        {
            tokens.Descend();
            tokens.Next();
            value = new Unary(token.Text[0], UnaryExpression(withFilter: false), token.Place);
            tokens.Ascend();
        }
        else
        {
            value = Primary(withNamespace: false);
        }

        value = Postfix(value);
        return withFilter ? FilterExpression(value) : value;
    }

    private Expression Primary(bool withNamespace)
    {
        Token token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                return NameOrConstant(token, withNamespace);
            case TokenKind.String:
                return Text();
            case TokenKind.Number:
                tokens.Next();
                return new Constant(token.Number!, token.Place);
        }

        if (token.Is("("))
        {
            tokens.Descend();
            tokens.Next();
            Expression inside = Tuple(parenthesized: true);
            tokens.Expect(")");
            tokens.Ascend();
            return inside;
        }

        return token.Is("[") ? List()
            : token.Is("{") ? Dictionary()
            : throw token.Place.Error($"unexpected '{token.Describe()}'");
    }

    private Expression NameOrConstant(Token token, bool withNamespace)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new Constant(BoolValue.True, token.Place);
            case "false" or "False":
                return new Constant(BoolValue.False, token.Place);
            case "none" or "None":
                return new Constant(NoneValue.Instance, token.Place);
        }

        Name name = new(token.Text, token.Place);
        if (!withNamespace || !tokens.Current.Is("."))
        {
            return name;
        }

        tokens.Next();
        return new NamespaceTarget(name, tokens.Expect(TokenKind.Name).Text, token.Place);
    }

    private Constant Text()
    {
        Place place = tokens.Current.Place;
        string text = tokens.Next().Text;
        while (tokens.Current.Kind == TokenKind.String)
        {
            text += tokens.Next().Text;
        }

        return new Constant(new StrValue(text, Origin.Literal(place.Line)), place);
    }

    private Sequence List()
    {
        Place place = tokens.Expect("[").Place;
        List<Expression> items = [];
        while (!tokens.Current.Is("]"))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
            }

            if (tokens.Current.Is("]"))
            {
                break;
            }

            items.Add(Full());
        }

        tokens.Expect("]");
        return new Sequence([.. items], isTuple: false, place);
    }

    private Mapping Dictionary()
    {
        Place place = tokens.Expect("{").Place;
        List<KeyValuePair<Expression, Expression>> entries = [];
        while (!tokens.Current.Is("}"))
        {
            if (entries.Count > 0)
            {
                tokens.Expect(",");
            }

            if (tokens.Current.Is("}"))
            {
                break;
            }

            Expression key = Full();
            tokens.Expect(":");
            entries.Add(new(key, Full()));
        }

        tokens.Expect("}");
        return new Mapping([.. entries], place);
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            if (tokens.Current.Is(".") || tokens.Current.Is("["))
            {
                value = tokens.Chain(Subscript(value));
            }
            else if (tokens.Current.Is("("))
            {
                Place place = tokens.Current.Place;
                value = tokens.Chain(new Call(value, Arguments(), place));
            }
            else
            {
                return value;
            }
        }
    }

    private Expression FilterExpression(Expression value)
    {
        while (true)
        {
            if (tokens.Current.Is("|"))
            {
                value = Filters(value, startInline: false)!;
            }
            else if (tokens.Current.IsName("is"))
            {
                value = tokens.Chain(Test(value));
            }
            else if (tokens.Current.Is("("))
            {
                Place place = tokens.Current.Place;
                value = tokens.Chain(new Call(value, Arguments(), place));
            }
            else
            {
                return value;
            }
        }
    }

    private Expression Subscript(Expression owner)
    {
        Token token = tokens.Next();
        if (token.Is("."))
        {
            Token attribute = tokens.Next();
            return attribute switch
            {
                { Kind: TokenKind.Name } => new AttributeAccess(owner, attribute.Text, token.Place),
                { Kind: TokenKind.Number, Number: IntValue number } => new ItemAccess(
                    owner,
                    new Constant(number, attribute.Place),
                    token.Place
                ),
                _ => throw attribute.Place.Error("expected name or number"),
            };
        }

        List<Expression> keys = [];
        while (!tokens.Current.Is("]"))
        {
            if (keys.Count > 0)
            {
                tokens.Expect(",");
            }

            if (Slice(owner, token.Place) is not { } slice)
            {
                keys.Add(Full());
                if (tokens.Current.Is(":"))
                {
                    slice = SliceFrom(owner, keys[^1], token.Place);
                }
                else
                {
                    continue;
                }
            }

            if (keys.Count > 1 || !tokens.Current.Is("]"))
            {
                throw token.Place.Error("a slice among several indexes is not supported");
            }

            tokens.Next();
            return slice;
        }

        tokens.Expect("]");
        Expression key = keys.Count == 1 ? keys[0] : new Sequence([.. keys], isTuple: true, token.Place);
        return new ItemAccess(owner, key, token.Place);
    }

    private SliceAccess? Slice(Expression owner, Place place) =>
        tokens.Current.Is(":") ? SliceFrom(owner, null, place) : null;

    private SliceAccess SliceFrom(Expression owner, Expression? start, Place place)
    {
        tokens.Expect(":");
        Expression? stop = Bound();
        Expression? step = null;
        if (tokens.Current.Is(":"))
        {
            tokens.Next();
            step = Bound();
        }

        return new SliceAccess(owner, start, stop, step, place);
    }

    private Expression? Bound() =>
        tokens.Current.Is(":") || tokens.Current.Is("]") || tokens.Current.Is(",") ? null : Full();

    private CallArguments Arguments()
    {
        Place place = tokens.Expect("(").Place;
        List<Expression> positional = [];
        List<KeyValuePair<string, Expression>> named = [];
        Expression? rest = null;
        Expression? namedRest = null;
        bool first = true;
        while (!tokens.Current.Is(")"))
        {
            if (!first)
            {
                tokens.Expect(",");
                if (tokens.Current.Is(")"))
                {
                    break;
                }
            }

            first = false;
            if (tokens.Current.Is("*"))
            {
                Ensure(rest is null && namedRest is null);
                tokens.Next();
                rest = Full();
            }
            else if (tokens.Current.Is("**"))
            {
                Ensure(namedRest is null);
                tokens.Next();
                namedRest = Full();
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Ahead.Is("="))
            {
                Ensure(namedRest is null);
                string name = tokens.Next().Text;
                tokens.Next();
                Ensure(!named.Exists(n => n.Key == name));
                named.Add(new(name, Full()));
            }
            else
            {
                Ensure(rest is null && namedRest is null && named.Count == 0);
                positional.Add(Full());
            }
        }

        tokens.Expect(")");
        return positional.Count == 0 && named.Count == 0 && rest is null && namedRest is null
            ? CallArguments.None
            : new CallArguments([.. positional], [.. named], rest, namedRest);

        void Ensure(bool valid)
        {
            if (!valid)
            {
                throw place.Error("invalid syntax for function call expression");
            }
        }
    }

    private Expression? Filters(Expression? value, bool startInline)
    {
        while (tokens.Current.Is("|") || startInline)
        {
            if (!startInline)
            {
                tokens.Next();
            }

            startInline = false;
            Token token = tokens.Expect(TokenKind.Name);
            string name = Dotted(token.Text);
            CallArguments arguments = tokens.Current.Is("(") ? Arguments() : CallArguments.None;
            value = tokens.Chain(new FilterCall(value, name, arguments, token.Place));
        }

        return value;
    }

    private Expression Test(Expression value)
    {
        Place place = tokens.Next().Place;
        bool negated = tokens.SkipName("not");
        string name = Dotted(tokens.Expect(TokenKind.Name).Text);
        CallArguments arguments = CallArguments.None;
        Token token = tokens.Current;
        if (token.Is("("))
        {
            arguments = Arguments();
        }
        else if (token.Kind is TokenKind.Name or TokenKind.String or TokenKind.Number || token.Is("[") || token.Is("{"))
        {
            if (token.IsName("is"))
            {
                throw token.Place.Error("You cannot chain multiple tests with is");
            }

            if (!token.IsName("else") && !token.IsName("or") && !token.IsName("and"))
            {
                arguments = new CallArguments([Postfix(Primary(withNamespace: false))], [], null, null);
            }
        }

        Expression test = new TestCall(value, name, arguments, place);
        return negated ? new Negation(test, place) : test;
    }

    private string Dotted(string name)
    {
        while (tokens.Current.Is("."))
        {
            tokens.Next();
            name += "." + tokens.Expect(TokenKind.Name).Text;
        }

        return name;
    }
}

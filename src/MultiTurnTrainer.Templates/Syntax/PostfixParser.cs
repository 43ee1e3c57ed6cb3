namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Reads what stands behind a value: attributes, subscripts, calls, filters, tests.</summary>
internal sealed class PostfixParser(TokenReader tokens, ExpressionParser expressions, PrimaryParser primary)
{
    private readonly SubscriptParser _subscripts = new(tokens, expressions);

    /// <summary>A value with the attributes, subscripts and calls behind it.</summary>
    public Expression Accesses(Expression value)
    {
        while (true)
        {
            if (tokens.Current.Is(".") || tokens.Current.Is("["))
            {
                value = tokens.Chain(_subscripts.Read(value));
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

    /// <summary>A value with the filters, tests and calls behind it.</summary>
    public Expression FiltersAndTests(Expression value)
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
                rest = expressions.Full();
            }
            else if (tokens.Current.Is("**"))
            {
                Ensure(namedRest is null);
                tokens.Next();
                namedRest = expressions.Full();
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Ahead.Is("="))
            {
                Ensure(namedRest is null);
                string name = tokens.Next().Text;
                tokens.Next();
                Ensure(!named.Exists(n => n.Key == name));
                named.Add(new(name, expressions.Full()));
            }
            else
            {
                Ensure(rest is null && namedRest is null && named.Count == 0);
                positional.Add(expressions.Full());
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

    /// <summary>A value with the filters behind it.</summary>
    /// <param name="value">The value; null for what a filter block captures.</param>
    /// <param name="startInline">Whether the first filter has no bar before it.</param>
    public Expression? Filters(Expression? value, bool startInline)
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
                arguments = new CallArguments([Accesses(primary.Read(withNamespace: false))], [], null, null);
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

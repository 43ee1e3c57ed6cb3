using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Reads what expressions are made of: names, literals, lists, dictionaries, parentheses.</summary>
internal sealed class PrimaryParser(TokenReader tokens, ExpressionParser expressions)
{
    /// <summary>Reads one.</summary>
    /// <param name="withNamespace">Whether <c>ns.attr</c> is allowed, as the target of an assignment.</param>
    public Expression Read(bool withNamespace)
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
            Expression inside = expressions.Tuple(parenthesized: true);
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

            items.Add(expressions.Full());
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

            Expression key = expressions.Full();
            tokens.Expect(":");
            entries.Add(new(key, expressions.Full()));
        }

        tokens.Expect("}");
        return new Mapping([.. entries], place);
    }
}

using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Reads <c>.name</c>, <c>[key]</c> and <c>[start:stop:step]</c>.</summary>
internal sealed class SubscriptParser(TokenReader tokens, ExpressionParser expressions)
{
    /// <summary>The value with one access behind it.</summary>
    public Expression Read(Expression owner)
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
                keys.Add(expressions.Full());
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
        tokens.Current.Is(":") || tokens.Current.Is("]") || tokens.Current.Is(",") ? null : expressions.Full();
}

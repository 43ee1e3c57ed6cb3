using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Walks through the tokens; bounds the nesting.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    private int _at;
    private int _depth;
    private int _links;

    /// <summary>The token at hand.</summary>
    public Token Current => tokens[_at];

    /// <summary>The token after it.</summary>
    public Token Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    /// <summary>Moves on and gives the token left behind.</summary>
    public Token Next()
    {
        Token token = tokens[_at];
        _links = token.Kind is TokenKind.BlockEnd or TokenKind.VariableEnd ? 0 : _links;
        _at = Math.Min(_at + 1, tokens.Count - 1);
        return token;
    }

    /// <summary>Takes an operator.</summary>
    public Token Expect(string op) => Current.Is(op) ? Next() : throw Unexpected(op);

    /// <summary>Takes a kind of token.</summary>
    public Token Expect(TokenKind kind) =>
        Current.Kind == kind
            ? Next()
            : throw Unexpected(kind == TokenKind.Name ? "name" : new Token(kind, "", default).Describe());

    /// <summary>Takes a name.</summary>
    public Token ExpectName(string name) => Current.IsName(name) ? Next() : throw Unexpected(name);

    /// <summary>Takes a name if it is there.</summary>
    public bool SkipName(string name)
    {
        if (!Current.IsName(name))
        {
            return false;
        }

        Next();
        return true;
    }

    /// <summary>Enters a nested construct.</summary>
    public void Descend()
    {
        Builtins.Nesting.Enter();
        if (++_depth > Limits.MaxNesting)
        {
            throw Current.Place.Error($"nested more than {Limits.MaxNesting} deep");
        }
    }

    /// <summary>Adds a link to a chain such as <c>a.b.c</c>: the tree grows deeper without the parser doing so.</summary>
    public Expression Chain(Expression link)
    {
        if (++_links > Limits.MaxLinks)
        {
            throw link.Place.Error($"more than {Limits.MaxLinks} operations in one statement");
        }

        return link;
    }

    /// <summary>Leaves it.</summary>
    public void Ascend() => _depth--;

    private TemplateException Unexpected(string expected) =>
        Current.Place.Error(
            Current.Kind == TokenKind.End
                ? $"unexpected end of template, expected '{expected}'."
                : $"expected token '{expected}', got '{Current.Describe()}'"
        );
}

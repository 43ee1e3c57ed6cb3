using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    String,
    Number,
    Operator,
    End,
}

/// <summary>A place in the template.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal readonly record struct Place(int Line, int Column)
{
    /// <summary>A syntax error here.</summary>
    public TemplateException Error(string message) => TemplateException.Syntax(message, Line, Column);
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The name, the operator, the text of data, or the unescaped text of a string.</param>
/// <param name="Place">Where it begins.</param>
/// <param name="Number">The value of a number.</param>
internal sealed record Token(TokenKind Kind, string Text, Place Place, Value? Number = null)
{
    /// <summary>Whether it is this operator.</summary>
    public bool Is(string op) => Kind == TokenKind.Operator && Text == op;

    /// <summary>Whether it is this name.</summary>
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    /// <summary>For error messages.</summary>
    public string Describe() =>
        Kind switch
        {
            TokenKind.End => "end of template",
            TokenKind.BlockBegin => "begin of statement block",
            TokenKind.BlockEnd => "end of statement block",
            TokenKind.VariableBegin => "begin of print statement",
            TokenKind.VariableEnd => "end of print statement",
            TokenKind.Data => "template data / text",
            TokenKind.String => "string",
            TokenKind.Number => Number is FloatValue ? "float" : "integer",
            _ => Text,
        };
}

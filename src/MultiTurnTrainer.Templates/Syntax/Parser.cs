// Folder Syntax: from a template's text to its tree.
// Refuses to know: values, rendering.
namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Reads statements; expressions are in <see cref="ExpressionParser"/>.</summary>
internal sealed class Parser
{
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;

    private Parser(TokenReader tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <summary>The statements of a template.</summary>
    /// <exception cref="TemplateException">Not Jinja, with line and column.</exception>
    public static Statement[] Parse(string template)
    {
        Parser parser = new(new TokenReader(Lexer.Tokenize(template)));
        return parser.Body([]);
    }

    private Statement[] Body(string[] ends)
    {
        _tokens.Descend();
        List<Statement> body = [];
        while (_tokens.Current.Kind != TokenKind.End)
        {
            Token token = _tokens.Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    _tokens.Next();
                    body.Add(new Data(token.Text, token.Place));
                    break;
                case TokenKind.VariableBegin:
                    _tokens.Next();
                    body.Add(new Print(_expressions.Tuple(), token.Place));
                    _tokens.Expect(TokenKind.VariableEnd);
                    break;
                default:
                    _tokens.Next();
                    if (_tokens.Current.Kind == TokenKind.Name && Array.IndexOf(ends, _tokens.Current.Text) >= 0)
                    {
                        _tokens.Ascend();
                        return [.. body];
                    }

                    body.AddRange(Statement(ends));
                    _tokens.Expect(TokenKind.BlockEnd);
                    break;
            }
        }

        if (ends.Length > 0)
        {
            string expected = string.Join(" or ", ends.Select(e => $"'{e}'"));
            throw _tokens.Current.Place.Error(
                $"Unexpected end of template. Jinja was looking for the following tags: {expected}."
            );
        }

        _tokens.Ascend();
        return [.. body];
    }

    /// <summary>A body up to one of these tags, and the tag that ended it.</summary>
    private Statement[] BodyTo(out string end, params string[] ends)
    {
        if (_tokens.Current.Is(":"))
        {
            _tokens.Next();
        }

        _tokens.Expect(TokenKind.BlockEnd);
        Statement[] body = Body(ends);
        end = _tokens.Next().Text;
        return body;
    }

    private Statement[] BodyTo(string end) => BodyTo(out _, end);

    private IEnumerable<Statement> Statement(string[] ends)
    {
        Token tag = _tokens.Current;
        if (tag.Kind != TokenKind.Name)
        {
            throw tag.Place.Error("tag name expected");
        }

        _tokens.Next();
        switch (tag.Text)
        {
            case "for":
                return [For(tag.Place)];
            case "if":
                return [If(tag.Place)];
            case "block":
                return [Block(tag.Place)];
            case "extends":
                return [new Load("extends", _expressions.Full(), tag.Place)];
            case "print":
                return Print(tag.Place);
            case "macro":
                return [Macro(tag.Place)];
            case "include":
                return [Include(tag.Place)];
            case "import":
                return [Import(tag.Place)];
            case "from":
                return [FromImport(tag.Place)];
            case "set":
                return [Set(tag.Place)];
            case "with":
                return [With(tag.Place)];
            case "autoescape":
                Expression on = _expressions.Full();
                return [new AutoEscape(on, BodyTo("endautoescape"), tag.Place)];
            case "call":
                return [CallBlock(tag.Place)];
            case "filter":
                Expression filter = _expressions.FilterChain();
                return [new FilterBlock(filter, BodyTo("endfilter"), tag.Place)];
            case "generation":
                MacroBody body = new(null, [], [], BodyTo("endgeneration"), tag.Place);
                return [new Generation(body, tag.Place)];
            case "break":
                return [new Jump(Flow.Break, tag.Place)];
            case "continue":
                return [new Jump(Flow.Continue, tag.Place)];
            default:
                string looking =
                    ends.Length == 0
                        ? ""
                        : $" Jinja was looking for the following tags: {string.Join(" or ", ends.Select(e => $"'{e}'"))}.";
                throw tag.Place.Error($"Encountered unknown tag '{tag.Text}'.{looking}");
        }
    }

    private For For(Place place)
    {
        Expression target = _expressions.Target("in");
        _tokens.ExpectName("in");
        Expression items = _expressions.Tuple(withConditional: false, end: "recursive");
        Expression? test = _tokens.SkipName("if") ? _expressions.Full() : null;
        bool recursive = _tokens.SkipName("recursive");
        Statement[] body = BodyTo(out string end, "endfor", "else");
        Statement[] otherwise = end == "else" ? BodyTo("endfor") : [];
        return new For(target, items, test, recursive, body, otherwise, place);
    }

    private If If(Place place)
    {
        List<KeyValuePair<Expression, Statement[]>> branches = [];
        Statement[] otherwise = [];
        string end = "elif";
        while (end == "elif")
        {
            Expression test = _expressions.Tuple(withConditional: false);
            branches.Add(new(test, BodyTo(out end, "elif", "else", "endif")));
        }

        if (end == "else")
        {
            otherwise = BodyTo("endif");
        }

        return new If([.. branches], otherwise, place);
    }

    private Statement Set(Place place)
    {
        Expression target = _expressions.Target(null, withNamespace: true);
        if (_tokens.Current.Is("="))
        {
            _tokens.Next();
            return new Set(target, _expressions.Tuple(), place);
        }

        Expression? filter = _expressions.OptionalFilters();
        return new SetBlock(target, filter, BodyTo("endset"), place);
    }

    private With With(Place place)
    {
        List<Expression> targets = [];
        List<Expression> values = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (targets.Count > 0)
            {
                _tokens.Expect(",");
            }

            targets.Add(_expressions.Target(null));
            _tokens.Expect("=");
            values.Add(_expressions.Full());
        }

        return new With([.. targets], [.. values], BodyTo("endwith"), place);
    }

    private List<Statement> Print(Place place)
    {
        List<Statement> prints = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (prints.Count > 0)
            {
                _tokens.Expect(",");
            }

            prints.Add(new Print(_expressions.Full(), place));
        }

        return prints;
    }

    private Macro Macro(Place place)
    {
        Name target = _expressions.NameTarget();
        (Name[] parameters, Expression[] defaults) = Parameters();
        Statement[] body = BodyTo("endmacro");
        return new Macro(target, new MacroBody(target.Id, parameters, defaults, body, place), place);
    }

    private CallBlock CallBlock(Place place)
    {
        (Name[] parameters, Expression[] defaults) = _tokens.Current.Is("(") ? Parameters() : ([], []);
        Expression call = _expressions.Full();
        if (call is not Call function)
        {
            throw place.Error("expected call");
        }

        Statement[] body = BodyTo("endcall");
        return new CallBlock(function, new MacroBody(null, parameters, defaults, body, place), place);
    }

    private (Name[] Parameters, Expression[] Defaults) Parameters()
    {
        List<Name> parameters = [];
        List<Expression> defaults = [];
        _tokens.Expect("(");
        while (!_tokens.Current.Is(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.Expect(",");
            }

            Name parameter = _expressions.NameTarget();
            if (parameters.Exists(p => p.Id == parameter.Id))
            {
                throw parameter.Place.Error($"duplicate argument '{parameter.Id}' in function definition");
            }

            if (_tokens.Current.Is("="))
            {
                _tokens.Next();
                defaults.Add(_expressions.Full());
            }
            else if (defaults.Count > 0)
            {
                throw _tokens.Current.Place.Error("non-default argument follows default argument");
            }

            parameters.Add(parameter);
        }

        _tokens.Expect(")");
        return ([.. parameters], [.. defaults]);
    }

    private Block Block(Place place)
    {
        string name = _tokens.Expect(TokenKind.Name).Text;
        bool scoped = _tokens.SkipName("scoped");
        bool required = _tokens.SkipName("required");
        if (_tokens.Current.Is("-"))
        {
            throw _tokens.Current.Place.Error(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead."
            );
        }

        Statement[] body = BodyTo("endblock");
        if (required && body.Any(s => s is not Data data || data.Text.Text.Any(c => !Values.Whitespace.Is(c))))
        {
            throw place.Error("Required blocks can only contain comments or whitespace");
        }

        _tokens.SkipName(name);
        return new Block(name, scoped, required, body, place);
    }

    private Load Include(Place place)
    {
        Expression template = _expressions.Full();
        if (_tokens.Current.IsName("ignore") && _tokens.Ahead.IsName("missing"))
        {
            _tokens.Next();
            _tokens.Next();
        }

        SkipContext();
        return new Load("include", template, place);
    }

    private Load Import(Place place)
    {
        Expression template = _expressions.Full();
        _tokens.ExpectName("as");
        Name target = _expressions.NameTarget();
        SkipContext();
        return new Load("import", template, place) { Stored = [target.Id] };
    }

    private Load FromImport(Place place)
    {
        Expression template = _expressions.Full();
        _tokens.ExpectName("import");
        List<string> names = [];
        while (true)
        {
            if (names.Count > 0)
            {
                _tokens.Expect(",");
            }

            if (SkipContext())
            {
                break;
            }

            Name name = _expressions.NameTarget();
            if (name.Id.StartsWith('_'))
            {
                throw name.Place.Error("names starting with an underline can not be imported");
            }

            names.Add(_tokens.SkipName("as") ? _expressions.NameTarget().Id : name.Id);
            if (SkipContext() || !_tokens.Current.Is(","))
            {
                break;
            }
        }

        return new Load("from … import", template, place) { Stored = names };
    }

    private bool SkipContext()
    {
        if ((_tokens.Current.IsName("with") || _tokens.Current.IsName("without")) && _tokens.Ahead.IsName("context"))
        {
            _tokens.Next();
            _tokens.Next();
            return true;
        }

        return false;
    }
}

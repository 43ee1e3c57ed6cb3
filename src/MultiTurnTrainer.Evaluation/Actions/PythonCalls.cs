// Folder Actions: function calls in Python's syntax: read, written and compared as Berkeley's function-calling benchmark does.
// Refuses to know: dialogues, tasks.
using System.Numerics;

namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>A call with its keyword arguments; positional ones count for nothing.</summary>
/// <param name="Name">The function's dotted name.</param>
/// <param name="Arguments">By name; a repeated name has its last value. See <see cref="PythonCalls"/> for the values.</param>
internal sealed record PythonCall(string Name, IReadOnlyDictionary<string, object?> Arguments);

/// <summary>A value in round brackets; it is no list.</summary>
internal sealed record PythonTuple(IReadOnlyList<object?> Items);

/// <summary>
/// Reads one Python expression that is a call or several calls with commas between. Values are null, <see cref="bool"/>,
/// <see cref="long"/> or <see cref="BigInteger"/>, <see cref="double"/>, <see cref="string"/>, a list, a
/// <see cref="PythonTuple"/> or an <see cref="OrderedDictionary{TKey,TValue}"/>; a bare name is its text, a call within a
/// value its source, arithmetic is done.
/// </summary>
/// <exception cref="FormatException">The text is no such expression.</exception>
internal sealed class PythonCalls
{
    private const int MaxDepth = 100;

    private readonly PythonLexer _lexer;
    private int _depth;

    private PythonCalls(string text) => _lexer = new PythonLexer(text);

    /// <summary>Reads the calls.</summary>
    public static IReadOnlyList<PythonCall> Read(string text)
    {
        if (text.Length == 0 || char.IsWhiteSpace(text[0]))
        {
            throw new FormatException("nothing, or an unexpected indent");
        }

        PythonCalls reader = new(text);
        List<PythonCall> calls = [];
        bool isBracketed = reader._lexer.Take("(");
        do
        {
            calls.Add(reader.TopCall());
        } while (reader._lexer.Take(",") && !reader.IsOver(isBracketed));
        if (isBracketed)
        {
            reader._lexer.Expect(")");
        }

        return reader._lexer.AtEnd ? calls : throw new FormatException("more than calls");
    }

    private bool IsOver(bool isBracketed) => _lexer.AtEnd || (isBracketed && _lexer.IsAt(")"));

    private PythonCall TopCall()
    {
        string name = _lexer.Name() ?? throw new FormatException("no call");
        while (_lexer.Take("."))
        {
            name += "." + (_lexer.Name() ?? throw new FormatException("no name after a dot"));
        }

        return _lexer.Take("(") ? new PythonCall(name, Arguments()) : throw new FormatException("no call");
    }

    // After the opening bracket, to the closing one.
    private Dictionary<string, object?> Arguments()
    {
        Dictionary<string, object?> arguments = [];
        while (!_lexer.Take(")"))
        {
            if (_lexer.Take("**") || _lexer.Take("*"))
            {
                Value();
            }
            else if (_lexer.Keyword() is { } name)
            {
                arguments[name] = Value();
            }
            else
            {
                Value();
            }

            if (!_lexer.Take(","))
            {
                _lexer.Expect(")");
                break;
            }
        }

        return arguments;
    }

    private object? Value()
    {
        object? left = Product();
        while (_lexer.TakeAny("+", "-") is { } sign)
        {
            left = PythonArithmetic.Apply(sign, left, Product());
        }

        return left;
    }

    private object? Product()
    {
        object? left = Signed();
        while (_lexer.TakeAny("//", "*", "/", "%") is { } sign)
        {
            left = PythonArithmetic.Apply(sign, left, Signed());
        }

        return left;
    }

    // Every way down leads through here, by brackets and by signs in a row.
    private object? Signed()
    {
        if (++_depth > MaxDepth)
        {
            throw new FormatException("too deep");
        }

        object? value = _lexer.TakeAny("-", "+") is { } sign ? PythonArithmetic.Apply(sign, 0L, Signed()) : Power();
        _depth--;
        return value;
    }

    private object? Power()
    {
        object? left = Atom();
        return _lexer.Take("**") ? PythonArithmetic.Apply("**", left, Signed()) : left;
    }

    private object? Atom()
    {
        if (_lexer.Text() is { } text)
        {
            return text;
        }

        if (_lexer.Number() is { } number)
        {
            return number;
        }

        int start = _lexer.Position;
        return _lexer.Take("[") ? Items("]")
            : _lexer.Take("{") ? Pairs()
            : _lexer.Take("(") ? Bracketed()
            : _lexer.Take("...") ? "..."
            : Named(start);
    }

    private object? Named(int start)
    {
        string name = _lexer.Name() ?? throw new FormatException("no value");
        bool isPlain = true;
        while (true)
        {
            if (_lexer.Take("."))
            {
                _ = _lexer.Name() ?? throw new FormatException("no name after a dot");
            }
            else if (_lexer.Take("("))
            {
                Arguments();
            }
            else if (_lexer.Take("["))
            {
                Items("]");
            }
            else
            {
                break;
            }

            isPlain = false;
        }

        return (isPlain ? name : "") switch
        {
            "" => _lexer.Source(start),
            "None" => null,
            "True" => true,
            "False" => false,
            _ => name,
        };
    }

    private List<object?> Items(string end)
    {
        List<object?> items = [];
        while (!_lexer.Take(end))
        {
            items.Add(Value());
            if (!_lexer.Take(","))
            {
                _lexer.Expect(end);
                break;
            }
        }

        return items;
    }

    // One value in brackets is that value; with a comma, or with none, it is a tuple.
    private object? Bracketed()
    {
        if (_lexer.Take(")"))
        {
            return new PythonTuple([]);
        }

        object? first = Value();
        if (_lexer.Take(")"))
        {
            return first;
        }

        _lexer.Expect(",");
        return new PythonTuple([first, .. Items(")")]);
    }

    private OrderedDictionary<string, object?> Pairs()
    {
        OrderedDictionary<string, object?> pairs = [];
        while (!_lexer.Take("}"))
        {
            object? key = Value();
            _lexer.Expect(":");
            pairs[key as string ?? PythonText.Repr(key)] = Value();
            if (!_lexer.Take(","))
            {
                _lexer.Expect("}");
                break;
            }
        }

        return pairs;
    }
}

namespace MultiTurnTrainer.Templates.Values;

/// <summary>The arguments of one call.</summary>
/// <param name="Positional">In order.</param>
/// <param name="Named">By name, in order.</param>
internal sealed record Arguments(IReadOnlyList<Value> Positional, IReadOnlyList<KeyValuePair<string, Value>> Named)
{
    /// <summary>No arguments.</summary>
    public static Arguments None { get; } = new([], []);
}

/// <summary>
/// The parameters of a builtin: <c>"chars? / "</c> style text. A name with <c>?</c> is optional, <c>*name</c> takes the
/// remaining positional arguments as a tuple, <c>**name</c> the remaining named ones as a dictionary, and a leading
/// <c>/</c> says that none can be given by name, as for methods written in C.
/// </summary>
internal sealed class Signature
{
    private readonly string _name;
    private readonly string[] _names;
    private readonly int _required;
    private readonly bool _positionalOnly;
    private readonly bool _rest;
    private readonly bool _namedRest;

    /// <summary>Reads a signature.</summary>
    public Signature(string name, string text)
    {
        _name = name;
        List<string> names = [];
        foreach (string part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "/")
            {
                _positionalOnly = true;
            }
            else if (part.StartsWith("**", StringComparison.Ordinal))
            {
                _namedRest = true;
            }
            else if (part[0] == '*')
            {
                _rest = true;
            }
            else
            {
                names.Add(part.TrimEnd('?'));
                _required += part.EndsWith('?') ? 0 : 1;
            }
        }

        _names = [.. names];
    }

    /// <summary>
    /// Puts arguments in the order of the parameters; those not given are null. The tuple of remaining arguments and
    /// the dictionary of remaining names follow where the signature has them.
    /// </summary>
    /// <param name="arguments">What the call gave.</param>
    /// <param name="self">The value a filter or method applies to, put first; null for functions.</param>
    public Value?[] Bind(Arguments arguments, Value? self)
    {
        int offset = self is null ? 0 : 1;
        Value?[] bound = new Value?[offset + _names.Length + (_rest ? 1 : 0) + (_namedRest ? 1 : 0)];
        if (self is not null)
        {
            bound[0] = self;
        }

        int given = arguments.Positional.Count;
        RenderBudget.Spend(given + arguments.Named.Count);
        for (int i = 0; i < Math.Min(given, _names.Length); i++)
        {
            bound[offset + i] = arguments.Positional[i];
        }

        int next = offset + _names.Length;
        if (_rest)
        {
            bound[next++] = new ListValue([.. arguments.Positional.Skip(_names.Length)], isTuple: true);
        }
        else if (given > _names.Length)
        {
            throw TemplateException.Type(
                $"{_name}() takes at most {_names.Length} argument{(_names.Length == 1 ? "" : "s")} ({given} given)"
            );
        }

        if (_namedRest)
        {
            bound[next] = new DictValue();
        }

        foreach ((string name, Value value) in arguments.Named)
        {
            BindNamed(bound, offset, name, value);
        }

        for (int i = 0; i < _required; i++)
        {
            if (bound[offset + i] is null)
            {
                throw TemplateException.Type($"{_name}() missing required argument: '{_names[i]}'");
            }
        }

        return bound;
    }

    private void BindNamed(Value?[] bound, int offset, string name, Value value)
    {
        int at = _positionalOnly ? -1 : Array.IndexOf(_names, name);
        if (at >= 0 && bound[offset + at] is not null)
        {
            throw TemplateException.Type($"{_name}() got multiple values for argument '{name}'");
        }

        if (at >= 0)
        {
            bound[offset + at] = value;
        }
        else if (_namedRest)
        {
            ((DictValue)bound[^1]!).Set(new StrValue(name, null), value);
        }
        else
        {
            throw TemplateException.Type(
                _positionalOnly
                    ? $"{_name}() takes no keyword arguments"
                    : $"{_name}() got an unexpected keyword argument '{name}'"
            );
        }
    }
}

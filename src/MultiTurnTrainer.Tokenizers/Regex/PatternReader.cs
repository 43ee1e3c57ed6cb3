namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>Walks through the source of a regular expression, scalar by scalar.</summary>
internal sealed class PatternReader(string pattern)
{
    private readonly int[] _scalars = [.. pattern.EnumerateRunes().Select(r => r.Value)];
    private int _at;

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd => _at >= _scalars.Length;

    /// <summary>The scalar at hand, or −1 at the end.</summary>
    public int Current => Peek(0);

    /// <summary>A scalar further on, or −1 behind the end.</summary>
    public int Peek(int ahead) => _at + ahead < _scalars.Length ? _scalars[_at + ahead] : -1;

    /// <summary>Whether a scalar occurs anywhere from here on.</summary>
    public bool IsAhead(int scalar) => Array.IndexOf(_scalars, scalar, _at) >= 0;

    /// <summary>Moves on and gives the scalar left behind.</summary>
    /// <param name="end">What to say when nothing is left.</param>
    /// <exception cref="RegexSyntaxException">Nothing is left.</exception>
    public int Next(string end) => AtEnd ? throw Error(end) : _scalars[_at++];

    /// <summary>Moves on by so many scalars.</summary>
    public void Skip(int count = 1) => _at += count;

    /// <summary>Moves on over a scalar if it is there.</summary>
    public bool Take(int scalar)
    {
        if (Current != scalar)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Moves on over the first of some scalars that is there; −1 when none is.</summary>
    public int TakeAny(ReadOnlySpan<char> scalars)
    {
        int current = Current;
        return current is >= 0 and <= char.MaxValue && scalars.Contains((char)current) ? _scalars[_at++] : -1;
    }

    /// <summary>Moves on over one blank or comment of an extended pattern.</summary>
    public bool TakeBlank()
    {
        if (TakeAny(" \t\n\r\f\v") >= 0)
        {
            return true;
        }

        if (Current != '#')
        {
            return false;
        }

        SkipTo('\n');
        return true;
    }

    /// <summary>Moves on to the next such scalar, or to the end.</summary>
    public void SkipTo(int scalar)
    {
        while (!AtEnd && Current != scalar)
        {
            _at++;
        }
    }

    /// <summary>Reads a decimal number, if there is one.</summary>
    /// <exception cref="RegexSyntaxException">It is larger than anything may be repeated.</exception>
    public bool Number(out int value)
    {
        const int maxRepeat = 100_000;
        int start = _at;
        value = 0;
        while (Current is >= '0' and <= '9')
        {
            value = value * 10 + _scalars[_at++] - '0';
            if (value > maxRepeat)
            {
                throw Error("too big number for repeat range");
            }
        }

        return _at > start;
    }

    /// <summary>Reads a name up to the scalar that closes it.</summary>
    /// <exception cref="RegexSyntaxException">It is empty, or not closed.</exception>
    public string Name(int close)
    {
        StringBuilder name = new();
        while (!AtEnd && Current != close)
        {
            name.Append(new Rune(_scalars[_at++]));
        }

        return Take(close) && name.Length > 0 ? name.ToString() : throw Error("invalid group name");
    }

    /// <summary>Does what may turn out not to fit; then the reader stands where it stood.</summary>
    public bool Try(Func<bool> read)
    {
        int start = _at;
        if (read())
        {
            return true;
        }

        _at = start;
        return false;
    }

    /// <summary>An error at this place.</summary>
    public RegexSyntaxException Error(string what) => new(Invariant($"{what} (at character {_at} of the pattern)"));
}

namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>Reads character classes: they nest, intersect with <c>&amp;&amp;</c>, and hold POSIX brackets.</summary>
internal sealed class RegexClassReader(PatternReader pattern, bool ignoreCase)
{
    // Of the part since the last &&: what it holds, and the scalar that a range may begin with, or −1.
    private CodePointSet _set = CodePointSet.Empty;
    private int _last = -1;

    /// <summary>Reads a class.</summary>
    /// <param name="pattern">Stands behind the opening bracket.</param>
    /// <param name="ignoreCase">Whether the class holds the other case too.</param>
    public static CodePointSet Read(PatternReader pattern, bool ignoreCase)
    {
        RegexSyntaxException.ThrowIfTooDeep();
        return new RegexClassReader(pattern, ignoreCase).Read();
    }

    private CodePointSet Read()
    {
        bool negative = pattern.Take('^');
        CodePointSet? left = null;
        for (bool first = true; !AtClose(first); first = false)
        {
            if (pattern.Current == '&' && pattern.Peek(1) == '&')
            {
                pattern.Skip(2);
                left = left is null ? _set : left.Intersect(_set);
                _set = CodePointSet.Empty;
                _last = -1;
            }
            else if (pattern.Take('['))
            {
                Add(PosixBracket() ?? Read(pattern, ignoreCase));
            }
            else if (pattern.Current == '-' && _last >= 0 && pattern.Peek(1) is not (']' or -1))
            {
                pattern.Skip();
                RangeTo();
            }
            else
            {
                CodePointSet member = Member(out int single);
                Add(member, single);
            }
        }

        CodePointSet all = left is null ? _set : left.Intersect(_set);
        // Case is folded before the class is turned inside out.
        all = ignoreCase ? CaseFolding.Close(all) : all;
        return negative ? all.Complement() : all;
    }

    // A bracket right behind the opening one is a member, where another one closes the class.
    private bool AtClose(bool first)
    {
        if (pattern.AtEnd)
        {
            throw pattern.Error("premature end of char-class");
        }

        if (pattern.Current != ']')
        {
            return false;
        }

        pattern.Skip();
        if (!first)
        {
            return true;
        }

        if (!pattern.IsAhead(']'))
        {
            throw pattern.Error("empty char-class");
        }

        pattern.Skip(-1);
        return false;
    }

    // Behind the hyphen.
    private void RangeTo()
    {
        if (pattern.Current == '[' || (pattern.Current == '&' && pattern.Peek(1) == '&'))
        {
            Add(CodePointSet.Range('-', '-'));
            return;
        }

        int from = _last;
        CodePointSet end = Member(out int to);
        if (to >= 0 && to < from)
        {
            throw pattern.Error("empty range in char class");
        }

        Add(to >= 0 ? CodePointSet.Range(from, to) : CodePointSet.Range('-', '-').Union(end));
    }

    private CodePointSet Member(out int single)
    {
        if (pattern.Take('\\'))
        {
            return RegexEscapes.Read(pattern, out single);
        }

        single = pattern.Next("premature end of char-class");
        return CodePointSet.Range(single, single);
    }

    // [:name:] and [:^name:], behind the opening bracket.
    private CodePointSet? PosixBracket()
    {
        CodePointSet? set = null;
        pattern.Try(() =>
        {
            if (!pattern.Take(':'))
            {
                return false;
            }

            bool negative = pattern.Take('^');
            StringBuilder name = new();
            while (pattern.Current is >= 'a' and <= 'z')
            {
                name.Append((char)pattern.Next(""));
            }

            set = pattern.Take(':') && pattern.Take(']') ? RegexClasses.Posix(name.ToString()) : null;
            set = negative ? set?.Complement() : set;
            return set is not null;
        });
        return set;
    }

    private void Add(CodePointSet members, int single = -1)
    {
        _set = _set.Union(members);
        _last = single;
    }
}

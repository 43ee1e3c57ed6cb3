using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The filter wordwrap: Python's <c>textwrap.wrap</c> on each line.</summary>
internal sealed class WordWrap
{
    private readonly string _text;
    private readonly int _width;
    private readonly bool _breakWords;
    private readonly bool _breakHyphens;

    private WordWrap(string text, int width, bool breakWords, bool breakHyphens)
    {
        _text = text;
        _width = width;
        _breakWords = breakWords;
        _breakHyphens = breakHyphens;
    }

    /// <summary>Wraps a text; what is kept keeps its origin.</summary>
    public static StrValue Apply(StrValue value, int width, bool breakWords, StrValue wrap, bool breakHyphens)
    {
        if (width <= 0)
        {
            throw TemplateException.Type($"invalid width {width} (must be > 0)");
        }

        List<StrValue> parts = [];
        bool first = true;
        foreach (StrValue line in TextParts.SplitLines(value, keepEnds: false))
        {
            List<(int Start, int End)> pieces = new WordWrap(line.Text, width, breakWords, breakHyphens).Lines();
            if (pieces.Count == 0)
            {
                pieces.Add((0, 0));
            }

            foreach ((int start, int end) in pieces)
            {
                if (!first)
                {
                    parts.Add(wrap);
                }

                parts.Add(line.Sub(start, end - start));
                first = false;
            }
        }

        return StrValue.Join([.. parts.Where(p => p.Chars > 0)]);
    }

    private List<(int Start, int End)> Lines()
    {
        Stack<(int Start, int End)> chunks = new(Chunks().Reverse());
        List<(int Start, int End)> lines = [];
        while (chunks.Count > 0)
        {
            if (IsBlank(chunks.Peek()) && lines.Count > 0)
            {
                chunks.Pop();
            }

            List<(int Start, int End)> line = [];
            int length = 0;
            while (chunks.Count > 0 && length + Size(chunks.Peek()) <= _width)
            {
                length += Size(chunks.Peek());
                line.Add(chunks.Pop());
            }

            if (chunks.Count > 0 && Size(chunks.Peek()) > _width)
            {
                TakeLong(chunks, line, _width - length);
            }

            if (line.Count > 0 && IsBlank(line[^1]))
            {
                line.RemoveAt(line.Count - 1);
            }

            if (line.Count > 0)
            {
                lines.Add((line[0].Start, line[^1].End));
            }
        }

        return lines;
    }

    private void TakeLong(Stack<(int Start, int End)> chunks, List<(int Start, int End)> line, int left)
    {
        if (!_breakWords)
        {
            if (line.Count == 0)
            {
                line.Add(chunks.Pop());
            }

            return;
        }

        (int start, int end) = chunks.Pop();
        RenderBudget.Chars(end - start);
        int cut =
            start + CodePoints.ToUtf16(_text[start..end], left, CodePoints.Count(_text.AsSpan(start, end - start)));
        if (_breakHyphens)
        {
            int hyphen = cut > start ? _text.LastIndexOf('-', cut - 1, cut - start) : -1;
            if (hyphen > start && _text.AsSpan(start, hyphen - start).IndexOfAnyExcept('-') >= 0)
            {
                cut = hyphen + 1;
            }
        }

        line.Add((start, cut));
        chunks.Push((cut, end));
    }

    private IEnumerable<(int Start, int End)> Chunks()
    {
        for (int i = 0; i < _text.Length; )
        {
            int end = ChunkEnd(i);
            RenderBudget.Make(end - i, 200);
            yield return (i, end);
            i = end;
        }
    }

    private int ChunkEnd(int from)
    {
        int at = from;
        if (IsSpace(at))
        {
            while (at < _text.Length && IsSpace(at))
            {
                at++;
            }

            return at;
        }

        if (_breakHyphens && IsDash(from, out int after))
        {
            return after;
        }

        for (at = from + 1; at < _text.Length && !IsSpace(at); at++)
        {
            if (!_breakHyphens)
            {
                continue;
            }

            if (_text[at] == '-' && IsHyphen(at))
            {
                return at + 1;
            }

            if (IsDash(at, out _))
            {
                return at;
            }
        }

        return at;
    }

    /// <summary>A hyphen between letters: a word may break after it.</summary>
    private bool IsHyphen(int at) =>
        IsLetter(at - 1)
        && (IsLetter(at - 2) || (At(at - 2) == '-' && IsLetter(at - 3)))
        && IsLetter(at + 1)
        && (IsLetter(at + 2) || (At(at + 2) == '-' && IsLetter(at + 3)));

    /// <summary>Two or more hyphens between words.</summary>
    private bool IsDash(int at, out int after)
    {
        after = at;
        while (At(after) == '-')
        {
            after++;
        }

        RenderBudget.Spend(after - at);
        return after - at >= 2
            && at > 0
            && (TextCase.IsWord(_text[at - 1]) || _text[at - 1] is '!' or '"' or '\'' or '&' or '.' or ',' or '?')
            && after < _text.Length
            && TextCase.IsWord(_text[after]);
    }

    private char At(int at) => at >= 0 && at < _text.Length ? _text[at] : '\0';

    private bool IsLetter(int at) => TextCase.IsWord(At(at)) && !char.IsDigit(At(at));

    private bool IsSpace(int at) => _text[at] is ' ' or (>= '\t' and <= '\r');

    private int Size((int Start, int End) chunk)
    {
        RenderBudget.Spend(1 + ((chunk.End - chunk.Start) / 8));
        return CodePoints.Count(_text.AsSpan(chunk.Start, chunk.End - chunk.Start));
    }

    private bool IsBlank((int Start, int End) chunk)
    {
        for (int i = chunk.Start; i < chunk.End; i++)
        {
            RenderBudget.Spend(1);
            if (!Whitespace.Is(_text[i]))
            {
                return false;
            }
        }

        return true;
    }
}

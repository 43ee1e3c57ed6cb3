using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary><c>str.format</c>: the literal parts keep the format's origin, the inserted ones their own.</summary>
internal sealed class StrFormat
{
    private readonly ListValue _positional;
    private readonly Value _named;
    private int _next;

    private StrFormat(ListValue positional, Value named)
    {
        _positional = positional;
        _named = named;
    }

    /// <summary>Formats.</summary>
    public static StrValue Apply(StrValue format, ListValue positional, Value named) =>
        new StrFormat(positional, named).Format(format, 2).AsMarkup(format.IsMarkup);

    private StrValue Format(StrValue format, int depth)
    {
        if (depth < 0)
        {
            throw TemplateException.Type("Max string recursion exceeded");
        }

        string text = format.Text;
        List<StrValue> parts = [];
        int from = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('{' or '}'))
            {
                continue;
            }

            RenderBudget.Items(8);
            parts.Add(format.Sub(from, i - from));
            if (i + 1 < text.Length && text[i + 1] == text[i])
            {
                parts.Add(format.Sub(i, 1));
                i++;
                from = i + 1;
                continue;
            }

            if (text[i] == '}')
            {
                throw TemplateException.Type("Single '}' encountered in format string");
            }

            int end = FieldEnd(text, i);
            parts.Add(Field(format, i + 1, end, depth));
            i = end;
            from = end + 1;
        }

        parts.Add(format.Sub(from, text.Length - from));
        return StrValue.Join([.. parts.Where(p => p.Chars > 0)]);
    }

    private static int FieldEnd(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            if (text[i] == '[' && depth == 1)
            {
                RenderBudget.Spend((text.Length - i) / 16);
                int close = text.IndexOf(']', i);
                i = close < 0 ? i : close;
                continue;
            }

            depth += text[i] switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return i;
            }
        }

        throw TemplateException.Type(
            open + 1 == text.Length ? "Single '{' encountered in format string" : "expected '}' before end of string"
        );
    }

    private StrValue Field(StrValue format, int from, int to, int depth)
    {
        RenderBudget.Mapped(to - from);
        string field = format.Text[from..to];
        int at = 0;
        while (at < field.Length && field[at] is not ('!' or ':'))
        {
            RenderBudget.Spend(field[at] == '[' ? (field.Length - at) / 16 : 0);
            at = field[at] == '[' && field.IndexOf(']', at) is var close and > 0 ? close + 1 : at + 1;
        }

        Value value = Lookup(field[..at]);
        string spec = "";
        if (at < field.Length && field[at] == '!')
        {
            char conversion = at + 1 < field.Length ? field[at + 1] : '\0';
            value = conversion switch
            {
                's' => value.ToStr(),
                'r' or 'a' => Repr(value),
                _ => throw TemplateException.Type($"Unknown conversion specifier {conversion}"),
            };
            at += 2;
            if (at < field.Length && field[at] != ':')
            {
                throw TemplateException.Type("expected ':' after conversion specifier");
            }
        }

        if (at < field.Length)
        {
            spec = Format(format.Sub(from + at + 1, field.Length - at - 1), depth - 1).Text;
        }

        StrValue text = FormatSpec.Apply(value, spec);
        return format.IsMarkup ? Html.Escape(text) : text;
    }

    private static StrValue Repr(Value value)
    {
        TextBuilder text = new();
        value.Repr(text);
        return text.Build();
    }

    private Value Lookup(string path)
    {
        int end = path.AsSpan().IndexOfAny('.', '[');
        Value value = First(end < 0 ? path : path[..end]);
        while (end >= 0 && end < path.Length)
        {
            if (path[end] == '.')
            {
                int next = path.AsSpan(end + 1).IndexOfAny('.', '[');
                next = next < 0 ? path.Length : end + 1 + next;
                value = AttributeAccess.Get(value, new StrValue(path[(end + 1)..next], null));
                end = next;
                continue;
            }

            int close = path.IndexOf(']', end);
            if (path[end] != '[' || close < 0)
            {
                throw TemplateException.Type("Only '.' or '[' may follow ']' in format field specifier");
            }

            string key = path[(end + 1)..close];
            value = ItemAccess.Get(
                value,
                key.Length > 0 && key.All(char.IsAsciiDigit)
                    ? IntValue.Of(ValueFilters.ParseInt(key, 10) ?? 0)
                    : new StrValue(key, null)
            );
            end = close + 1;
        }

        return value;
    }

    // What the path begins with: the next argument, one by its number, or one by its name.
    private Value First(string name)
    {
        if (name.Length > 0 && !name.All(char.IsAsciiDigit))
        {
            return _named.GetItem(new StrValue(name, null)) ?? throw TemplateException.Type($"KeyError: '{name}'");
        }

        if (name.Length == 0 ? _next < 0 : _next > 0)
        {
            string numbering =
                name.Length == 0
                    ? "cannot switch from manual field specification to automatic field numbering"
                    : "cannot switch from automatic field numbering to manual field specification";
            throw TemplateException.Type(numbering);
        }

        if (name.Length == 0)
        {
            return Positional(_next++);
        }

        _next = -1;
        return Positional(
            int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                ? index
                : throw TemplateException.Type("Too many decimal digits in format string")
        );
    }

    private Value Positional(int index) =>
        index < _positional.Length
            ? _positional.Items[index]
            : throw TemplateException.Type("Replacement index out of range for positional args tuple");
}

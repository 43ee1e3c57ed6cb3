using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The filter pprint: Python's <c>pprint.pformat</c> with its defaults (80 columns, sorted keys).</summary>
internal sealed class PrettyPrint
{
    private const int Width = 80;
    private readonly StringBuilder _text = new();

    /// <summary>Formats a value.</summary>
    public static StrValue Apply(Value value)
    {
        PrettyPrint printer = new();
        printer.Write(value, 0, 0, 1);
        return StrValue.Computed(printer._text.ToString());
    }

    private void Write(Value value, int indent, int allowance, int level)
    {
        Nesting.Enter();
        string line = Repr(value);
        RenderBudget.Chars(line.Length + indent);
        if (CodePoints.Count(line) <= Width - indent - allowance)
        {
            _text.Append(line);
            return;
        }

        switch (value)
        {
            case DictValue { Length: > 0 } dict:
                WriteDict(dict, indent, allowance, level);
                break;
            case ListValue { Length: > 0 } list:
                string end = list.IsTuple ? (list.Length == 1 ? ",)" : ")") : "]";
                _text.Append(list.IsTuple ? '(' : '[');
                for (int i = 0; i < list.Length; i++)
                {
                    bool last = i == list.Length - 1;
                    Write(list.Items[i], indent + 1, last ? allowance + end.Length : 1, level + 1);
                    _text.Append(last ? end : ",\n" + new string(' ', indent + 1));
                }

                break;
            case StrValue { Chars: > 0, IsMarkup: false } text:
                WriteText(text, indent, allowance, level);
                break;
            default:
                _text.Append(line);
                break;
        }
    }

    private void WriteDict(DictValue dict, int indent, int allowance, int level)
    {
        _text.Append('{');
        List<Value> keys = SortedKeys(dict);
        for (int i = 0; i < keys.Count; i++)
        {
            bool last = i == keys.Count - 1;
            string key = Repr(keys[i]);
            RenderBudget.Chars(key.Length + indent);
            _text.Append(key).Append(": ");
            int inner = indent + 1 + CodePoints.Count(key) + 2;
            Write(dict.GetItem(keys[i])!, inner, last ? allowance + 1 : 1, level + 1);
            _text.Append(last ? "}" : ",\n" + new string(' ', indent + 1));
        }
    }

    private void WriteText(StrValue text, int indent, int allowance, int level)
    {
        indent += level == 1 ? 1 : 0;
        allowance += level == 1 ? 1 : 0;
        List<string> chunks = [];
        List<StrValue> lines = TextParts.SplitLines(text, keepEnds: true);
        for (int i = 0; i < lines.Count; i++)
        {
            bool lastLine = i == lines.Count - 1;
            string line = Repr(lines[i]);
            if (CodePoints.Count(line) <= Width - indent - (lastLine ? allowance : 0))
            {
                chunks.Add(line);
                continue;
            }

            string current = "";
            List<string> words = Words(lines[i].Text);
            for (int j = 0; j < words.Count; j++)
            {
                int room = Width - indent - (lastLine && j == words.Count - 1 ? allowance : 0);
                if (CodePoints.Count(Repr(StrValue.Computed(current + words[j]))) > room)
                {
                    if (current.Length > 0)
                    {
                        chunks.Add(Repr(StrValue.Computed(current)));
                    }

                    current = words[j];
                }
                else
                {
                    current += words[j];
                }
            }

            if (current.Length > 0)
            {
                chunks.Add(Repr(StrValue.Computed(current)));
            }
        }

        if (chunks.Count == 1)
        {
            _text.Append(Repr(text));
            return;
        }

        RenderBudget.Chars(2 * chunks.Sum(chunk => (long)chunk.Length + indent));
        string joined = string.Join("\n" + new string(' ', indent), chunks);
        _text.Append(level == 1 ? $"({joined})" : joined);
    }

    /// <summary>Runs of text, each with the blanks after it.</summary>
    private static List<string> Words(string text)
    {
        List<string> words = [];
        for (int i = 0; i < text.Length; )
        {
            int from = i;
            while (i < text.Length && !Whitespace.Is(text[i]))
            {
                i++;
            }

            while (i < text.Length && Whitespace.Is(text[i]))
            {
                i++;
            }

            RenderBudget.Mapped(i - from);
            words.Add(text[from..i]);
        }

        return words;
    }

    private static List<Value> SortedKeys(DictValue dict) =>
        Sorting.Sort([.. dict.Entries.Select(e => e.Key)], key => key, reverse: false);

    private static string Repr(Value value)
    {
        TextBuilder text = new();
        Sorted(value).Repr(text);
        return text.Build().Text;
    }

    private static Value Sorted(Value value)
    {
        Nesting.Enter();
        RenderBudget.Make(10, 200);
        switch (value)
        {
            case ListValue list:
                return new ListValue([.. list.Items.Select(Sorted)], list.IsTuple);
            case DictValue dict:
                DictValue sorted = new();
                foreach (Value key in SortedKeys(dict))
                {
                    sorted.Set(key, Sorted(dict.GetItem(key)!));
                }

                return sorted;
            default:
                return value;
        }
    }
}

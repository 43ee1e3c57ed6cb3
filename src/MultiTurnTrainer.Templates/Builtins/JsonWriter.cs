using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>
/// The <c>tojson</c> of transformers: Python's <c>json.dumps</c> without HTML escapes. Scalars keep their path, quotes
/// and escapes belong to their text; braces, commas and indentation are computed.
/// </summary>
internal sealed class JsonWriter
{
    private readonly TextBuilder _text = new();
    private readonly bool _ascii;
    private readonly string? _indent;
    private readonly StrValue _itemSeparator;
    private readonly StrValue _keySeparator;
    private readonly bool _sort;

    private JsonWriter(bool ascii, string? indent, StrValue itemSeparator, StrValue keySeparator, bool sort)
    {
        _ascii = ascii;
        _indent = indent;
        _itemSeparator = itemSeparator;
        _keySeparator = keySeparator;
        _sort = sort;
    }

    /// <summary>Writes a value.</summary>
    public static StrValue Write(Value value, Value? ascii, Value? indent, Value? separators, Value? sortKeys)
    {
        string? step = indent switch
        {
            null or NoneValue => null,
            StrValue s => s.Text,
            _ => new string(' ', Math.Max(0, Numbers.ToCount(indent, 1 << 12))),
        };
        StrValue items = StrValue.Computed(step is null ? ", " : ",");
        StrValue keys = StrValue.Computed(": ");
        if (Arg.Given(separators))
        {
            List<Value> pair = Arg.List(separators);
            if (pair.Count != 2)
            {
                throw TemplateException.Type($"separators must be two texts, not {pair.Count}");
            }

            items = Arg.NeedText(pair[0], "separator");
            keys = Arg.NeedText(pair[1], "separator");
        }

        JsonWriter writer = new(Arg.Flag(ascii), step, items, keys, Arg.Flag(sortKeys));
        writer.Write(value, 0);
        return writer._text.Build();
    }

    private void Write(Value value, int depth)
    {
        Nesting.Enter();
        RenderBudget.Spend(2);
        switch (value)
        {
            case StrValue s:
                WriteText(s);
                break;
            case ScalarValue scalar:
                _text.Append(Scalar(scalar), scalar.Origin ?? Origin.Computed, 0);
                break;
            case ListValue list:
                WriteList(list, depth);
                break;
            case DictValue dict:
                WriteDict(dict, depth);
                break;
            default:
                throw TemplateException.Type($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    private static string Scalar(ScalarValue value) =>
        value switch
        {
            NoneValue none => none.Json,
            BoolValue b => b.Truthy ? "true" : "false",
            FloatValue f when double.IsNaN(f.Number) => "NaN",
            FloatValue f when double.IsInfinity(f.Number) => f.Number > 0 ? "Infinity" : "-Infinity",
            _ => value.Text,
        };

    private void WriteText(StrValue value) => EscapedText.Write(value, "\"", _text, Escape);

    private string? Escape(string text, int at, out int width)
    {
        width = 1;
        char c = text[at];
        switch (c)
        {
            case '"':
                return "\\\"";
            case '\\':
                return "\\\\";
            case '\n':
                return "\\n";
            case '\r':
                return "\\r";
            case '\t':
                return "\\t";
            case '\b':
                return "\\b";
            case '\f':
                return "\\f";
        }

        return c < ' ' || (_ascii && c > '~' && (c != '\x7f'))
            ? "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture)
            : null;
    }

    private void WriteList(ListValue list, int depth)
    {
        if (list.Length == 0)
        {
            _text.Append("[]");
            return;
        }

        _text.Append("[");
        for (int i = 0; i < list.Length; i++)
        {
            Separate(i, depth + 1);
            Write(list.Items[i], depth + 1);
        }

        NewLine(depth);
        _text.Append("]");
    }

    private void WriteDict(DictValue dict, int depth)
    {
        if (dict.Length == 0)
        {
            _text.Append("{}");
            return;
        }

        IReadOnlyList<KeyValuePair<Value, Value>> entries = dict.Entries;
        if (_sort)
        {
            List<Value> keys = Sorting.Sort([.. entries.Select(e => e.Key)], key => key, reverse: false);
            entries = [.. keys.Select(key => KeyValuePair.Create(key, dict.GetItem(key)!))];
        }

        _text.Append("{");
        for (int i = 0; i < entries.Count; i++)
        {
            Separate(i, depth + 1);
            WriteText(
                entries[i].Key switch
                {
                    StrValue s => s,
                    ScalarValue scalar => new StrValue(Scalar(scalar), scalar.Origin),
                    Value key => throw TemplateException.Type(
                        $"keys must be str, int, float, bool or None, not {key.TypeName}"
                    ),
                }
            );
            _text.Append(_keySeparator);
            Write(entries[i].Value, depth + 1);
        }

        NewLine(depth);
        _text.Append("}");
    }

    private void Separate(int index, int depth)
    {
        if (index > 0)
        {
            _text.Append(_itemSeparator);
        }

        NewLine(depth);
    }

    private void NewLine(int depth)
    {
        if (_indent is not null)
        {
            RenderBudget.Chars((long)_indent.Length * depth);
            _text.Append("\n" + string.Concat(Enumerable.Repeat(_indent, depth)));
        }
    }
}

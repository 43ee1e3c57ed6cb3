namespace MultiTurnTrainer.Templates.Values;

/// <summary>JSON to Python values, with the path of each as its origin.</summary>
internal static class JsonValues
{
    private static readonly (string Name, byte[] Utf8)[] _commonKeys =
    [
        .. new[]
        {
            "role",
            "content",
            "type",
            "text",
            "tool_calls",
            "function",
            "name",
            "arguments",
            "id",
            "tool_call_id",
            "reasoning_content",
            "description",
            "parameters",
            "properties",
            "required",
        }.Select(name => (name, Encoding.UTF8.GetBytes(name))),
    ];

    /// <summary>Any JSON value.</summary>
    public static Value From(JsonView element, Origin? origin)
    {
        switch (element.Kind)
        {
            case JsonKind.String:
                return new StrValue(Text(element), origin);
            case JsonKind.Object:
                return Dict(element, origin);
            case JsonKind.Array:
                Value[] items = new Value[element.GetArrayLength()];
                int i = 0;
                foreach (JsonView item in element.EnumerateArray())
                {
                    items[i] = From(item, origin?.At(i));
                    i++;
                }

                return new ListValue(items);
            case JsonKind.True:
                return new BoolValue(true, origin);
            case JsonKind.False:
                return new BoolValue(false, origin);
            case JsonKind.Number:
                return Number(element, origin);
            default:
                return new NoneValue(origin);
        }
    }

    private static DictValue Dict(JsonView element, Origin? origin)
    {
        DictValue dict = new();
        foreach (JsonMember property in element.EnumerateObject())
        {
            string name = Name(property);
            // A key's text belongs to the object that holds it.
            dict.Set(new StrValue(name, origin), From(property.Value, origin?.At(name)));
        }

        return dict;
    }

    /// <summary>A property's name; the usual ones cost no string.</summary>
    public static string Name(JsonMember property)
    {
        ReadOnlySpan<byte> raw = property.RawName;
        foreach ((string name, byte[] utf8) in _commonKeys)
        {
            if (raw.SequenceEqual(utf8))
            {
                return name;
            }
        }

        return property.HasLoneSurrogate ? throw HalfAPair() : property.Name;
    }

    private static string Text(JsonView element) => element.HasLoneSurrogate ? throw HalfAPair() : element.GetString()!;

    private static TemplateException HalfAPair() =>
        TemplateException.Type("a text holds half of a surrogate pair, which no tokenizer can encode");

    private static Value Number(JsonView element, Origin? origin)
    {
        if (element.TryGetInt64(out long small))
        {
            return new IntValue(small, origin);
        }

        string text = element.GetRawText();
        if (text.Contains('.') || HasExponent(text))
        {
            return new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), origin);
        }

        return IntValue.Of(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), origin);
    }

    private static bool HasExponent(string text) => text.AsSpan().IndexOfAny('e', 'E') >= 0;
}

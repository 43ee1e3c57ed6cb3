using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace MultiTurnTrainer.Templates.Values;

/// <summary>JSON to Python values, with the path of each as its origin.</summary>
internal static class JsonValues
{
    private static readonly string[] _commonKeys =
    [
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
    ];

    /// <summary>The messages, each knowing its index.</summary>
    /// <param name="messages">A JSON array.</param>
    /// <param name="count">How many of the first messages to take; null for all.</param>
    /// <param name="tracked">Whether to keep origins.</param>
    public static Value Messages(JsonElement messages, int? count, bool tracked)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            return From(messages, tracked ? Origin.Messages : null);
        }

        int length = Math.Min(count ?? int.MaxValue, messages.GetArrayLength());
        Value[] items = new Value[length];
        int i = 0;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (i == length)
            {
                break;
            }

            Origin? origin = tracked ? Origin.Messages.At(i) : null;
            items[i] = message.ValueKind == JsonValueKind.Object ? Dict(message, origin, i) : From(message, origin);
            i++;
        }

        return new ListValue(items);
    }

    /// <summary>Any JSON value.</summary>
    public static Value From(JsonElement element, Origin? origin)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return new StrValue(Text(element), origin);
            case JsonValueKind.Object:
                return Dict(element, origin, -1);
            case JsonValueKind.Array:
                Value[] items = new Value[element.GetArrayLength()];
                int i = 0;
                foreach (JsonElement item in element.EnumerateArray())
                {
                    items[i] = From(item, origin?.At(i));
                    i++;
                }

                return new ListValue(items);
            case JsonValueKind.True:
                return new BoolValue(true, origin);
            case JsonValueKind.False:
                return new BoolValue(false, origin);
            case JsonValueKind.Number:
                return Number(element, origin);
            default:
                return new NoneValue(origin);
        }
    }

    private static DictValue Dict(JsonElement element, Origin? origin, int messageIndex)
    {
        DictValue dict = new() { MessageIndex = messageIndex };
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = Name(property);
            // A key's text belongs to the object that holds it.
            dict.Set(new StrValue(name, origin), From(property.Value, origin?.At(name)));
        }

        return dict;
    }

    private static string Name(JsonProperty property)
    {
        foreach (string common in _commonKeys)
        {
            if (property.NameEquals(common))
            {
                return common;
            }
        }

        return property.Name;
    }

    private static string Text(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw TemplateException.Type("a text holds half of a surrogate pair, which no tokenizer can encode");
        }
    }

    private static Value Number(JsonElement element, Origin? origin)
    {
        if (
            element.TryGetInt64(out long small)
            && element.GetRawText() is var raw
            && !raw.Contains('.')
            && !HasExponent(raw)
        )
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

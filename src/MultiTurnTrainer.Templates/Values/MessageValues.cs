namespace MultiTurnTrainer.Templates.Values;

/// <summary>
/// Messages as templates see them: a null key of a message, a part or a call is an absent one, as transformers 5 has it,
/// and reasoning stands under the names that the template reads, whatever the data call it.
/// </summary>
/// <param name="reasoningNames">The names of reasoning that the template reads; none leaves the data's.</param>
/// <param name="nulls">What becomes of null keys.</param>
/// <param name="tracked">Whether to keep origins.</param>
internal sealed class MessageValues(IReadOnlyList<string> reasoningNames, NullKeys nulls, bool tracked)
{
    private static readonly string[] _reasoning = ["reasoning_content", "reasoning", "thinking"];

    /// <summary>The names of reasoning that a template's text reads: as an attribute or in quotes.</summary>
    public static IReadOnlyList<string> ReasoningNames(string source) =>
        [.. _reasoning.Where(name => Reads(source, name))];

    /// <summary>The messages, each knowing its index.</summary>
    /// <param name="messages">A JSON array.</param>
    /// <param name="count">How many of the first messages to take; null for all.</param>
    public Value Of(JsonView messages, int? count)
    {
        if (messages.Kind != JsonKind.Array)
        {
            return JsonValues.From(messages, tracked ? Origin.Messages : null);
        }

        Value[] items = new Value[Math.Min(count ?? int.MaxValue, messages.GetArrayLength())];
        int i = 0;
        foreach (JsonView message in messages.EnumerateArray())
        {
            if (i == items.Length)
            {
                break;
            }

            Origin? origin = tracked ? Origin.Messages.At(i) : null;
            items[i] = message.Kind == JsonKind.Object ? Message(message, origin, i) : JsonValues.From(message, origin);
            i++;
        }

        return new ListValue(items);
    }

    /// <summary>Whether any message has a null key, so that leaving it out makes a difference.</summary>
    public static bool HasNulls(JsonView messages) =>
        messages.Kind == JsonKind.Array
        && messages
            .EnumerateArray()
            .Any(message =>
                message.Kind == JsonKind.Object
                && message.EnumerateObject().Any(property => property.Value.Kind == JsonKind.Null)
            );

    private DictValue Message(JsonView message, Origin? origin, int index)
    {
        DictValue dict = new() { MessageIndex = index };
        foreach (JsonMember property in message.EnumerateObject())
        {
            string name = JsonValues.Name(property);
            if (IsAbsent(property.Value, name == "content"))
            {
                continue;
            }

            Origin? place = origin?.At(name);
            Value value =
                property.Value.Kind == JsonKind.Null ? new NoneValue(place, isTestedOnly: nulls is not NullKeys.Kept)
                : nulls is NullKeys.Tested or NullKeys.Kept || property.Value.Kind != JsonKind.Array
                    ? JsonValues.From(property.Value, place)
                : name == "content" ? List(property.Value, place, Object)
                : name == "tool_calls" ? List(property.Value, place, Call)
                : JsonValues.From(property.Value, place);
            if (reasoningNames.Count > 0 && value is not NoneValue && Array.IndexOf(_reasoning, name) >= 0)
            {
                Reasoning(message, name, value, origin, dict);
            }
            else
            {
                dict.Set(new StrValue(name, origin), value);
            }
        }

        return dict;
    }

    /// <summary>Sets reasoning under every name that is read and that the message does not use itself.</summary>
    private void Reasoning(JsonView message, string name, Value value, Origin? origin, DictValue dict)
    {
        foreach (string read in reasoningNames)
        {
            bool own = message.TryGetProperty(read, out JsonView other) && other.Kind != JsonKind.Null;
            if (read == name || (!own && dict.Get(read) is null or NoneValue))
            {
                dict.Set(new StrValue(read, origin), value);
            }
        }
    }

    private static ListValue List(JsonView list, Origin? origin, Func<JsonView, Origin?, Value> item)
    {
        Value[] items = new Value[list.GetArrayLength()];
        int i = 0;
        foreach (JsonView element in list.EnumerateArray())
        {
            items[i] = item(element, origin?.At(i));
            i++;
        }

        return new ListValue(items);
    }

    private Value Call(JsonView call, Origin? origin) => Object(call, origin, isCall: true);

    private Value Object(JsonView element, Origin? origin) => Object(element, origin, isCall: false);

    /// <summary>A part, a call or its function without null keys; a call without arguments has none to give.</summary>
    private Value Object(JsonView element, Origin? origin, bool isCall)
    {
        if (element.Kind != JsonKind.Object)
        {
            return JsonValues.From(element, origin);
        }

        DictValue dict = new();
        foreach (JsonMember property in element.EnumerateObject())
        {
            string name = JsonValues.Name(property);
            Origin? place = origin?.At(name);
            if (isCall && name == "arguments" && IsAbsent(property.Value))
            {
                dict.Set(new StrValue(name, origin), new DictValue());
            }
            else if (!IsAbsent(property.Value))
            {
                dict.Set(
                    new StrValue(name, origin),
                    isCall && name == "function" ? Call(property.Value, place) : JsonValues.From(property.Value, place)
                );
            }
        }

        return dict;
    }

    private bool IsAbsent(JsonView value, bool isContent = false) =>
        value.Kind == JsonKind.Null && (nulls == NullKeys.Absent || (nulls == NullKeys.ContentTested && !isContent));

    private static bool Reads(string source, string name)
    {
        for (
            int at = source.IndexOf(name, StringComparison.Ordinal);
            at >= 0;
            at = source.IndexOf(name, at + 1, StringComparison.Ordinal)
        )
        {
            char before = at > 0 ? source[at - 1] : ' ';
            char after = at + name.Length < source.Length ? source[at + name.Length] : ' ';
            bool isAttribute = before == '.' && !char.IsAsciiLetterOrDigit(after) && after != '_';
            if (isAttribute || (before is '\'' or '"' && after == before))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What becomes of the null keys of messages.</summary>
internal enum NullKeys
{
    /// <summary>They are absent.</summary>
    Absent,

    /// <summary>That of the content is there to be tested, the others are absent; a template that prints it raises.</summary>
    ContentTested,

    /// <summary>They are there to be tested; a template that prints one raises.</summary>
    Tested,

    /// <summary>They are there.</summary>
    Kept,
}

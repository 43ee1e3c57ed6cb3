namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Writes lists of messages (<c>role</c>, <c>content</c>) and of turns (<c>from</c>, <c>value</c>). Calls that are turns of
/// their own become calls of an answer, consecutive ones in parallel.
/// </summary>
internal static class TurnWriter
{
    /// <summary>Writes every element of a list.</summary>
    /// <param name="row">The source.</param>
    /// <param name="list">The list.</param>
    /// <param name="output">Grows by its messages.</param>
    /// <param name="options">Choices.</param>
    /// <param name="context">How many elements at its beginning are not supervised where they say nothing themselves.</param>
    public static void WriteAll(JsonTape row, int list, CanonicalRow output, ConversionOptions options, int context = 0)
    {
        int at = list + 1;
        while (at < row[list].Next)
        {
            int next = Write(row, at, row[list].Next, output, options, context > 0);
            for (; at < next; at = row[at].Next)
            {
                context--;
            }
        }
    }

    /// <summary>Writes one message or turn, with the calls that follow it.</summary>
    /// <returns>The next one that is not written yet.</returns>
    public static int Write(
        JsonTape row,
        int at,
        int end,
        CanonicalRow output,
        ConversionOptions options,
        bool isContext
    )
    {
        int next = Write(row, at, end, output, options);
        if (isContext && Speech.Role(row, at) == Role.Assistant && SupervisionReader.Find(row, at) < 0)
        {
            output.Raw("weight"u8, "0"u8);
        }

        return next;
    }

    private static int Write(JsonTape row, int at, int end, CanonicalRow output, ConversionOptions options)
    {
        if (IsCall(row, at))
        {
            return Call(row, at, end, output, options);
        }

        int next = row[at].Next;
        if (!Results(row, at, output))
        {
            MessageWriter.Copy(row, at, output, options);
            if (!output.HasCalls && Speech.Role(row, at) == Role.Assistant && Joins(row, at, next, end))
            {
                return Calls(row, at, next, end, null, output);
            }
        }

        return next;
    }

    /// <summary>Whether a message or turn is a call, or a list of calls.</summary>
    public static bool IsCall(JsonTape row, int message)
    {
        Speech speech = Speech.Of(row, message);
        return speech.Speaker >= 0
            && row[speech.Speaker].Kind == JsonKind.String
            && Roles.IsCall(row.Raw(speech.Speaker))
            && speech.Content >= 0
            && row[speech.Content].Kind is JsonKind.String or JsonKind.Object or JsonKind.Array
            && row.Present(message, "tool_calls"u8) < 0
            && row.Present(message, "function_call"u8) < 0;
    }

    private static int Call(JsonTape row, int at, int end, CanonicalRow output, ConversionOptions options)
    {
        Speech speech = Speech.Of(row, at);
        output.Begin("assistant", at);
        output.From(speech.Speaker, speech.Content);
        string? calls = null;
        if (HasThought(row, at) && row.Present(at, "reasoning_content"u8) < 0)
        {
            (string reasoning, calls) = ContentWriter.SplitReasoning(row.String(speech.Content))!.Value;
            output.Text("reasoning_content"u8, reasoning);
        }

        output.Raw("content"u8, "\"\""u8);
        MessageWriter.Rest(row, at, output, options);
        output.Rewrites.Add("call-turns");
        return Calls(row, at, at, end, calls, output);
    }

    /// <summary>Writes consecutive calls as the parallel calls of the message that was begun.</summary>
    /// <param name="row">The source.</param>
    /// <param name="first">The turn that the message came from.</param>
    /// <param name="at">The first call.</param>
    /// <param name="end">The end of the list.</param>
    /// <param name="text">What the first call's text is without its reasoning; null for the whole text.</param>
    /// <param name="output">The row to write to.</param>
    private static int Calls(JsonTape row, int first, int at, int end, string? text, CanonicalRow output)
    {
        ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
        output.IsDerived();
        JsonTape inner = new();
        bool isFirst = true;
        do
        {
            int content = Speech.Of(row, at).Content;
            text ??=
                row[content].Kind == JsonKind.String ? row.String(content) : Encoding.UTF8.GetString(row.Raw(content));
            if (HermesText.Calls(text) is ({ Length: 0 }, var calls))
            {
                foreach (string call in calls)
                {
                    ToolCallWriter.WriteText(call, inner, json, isFirst);
                    isFirst = false;
                }
            }
            else
            {
                ToolCallWriter.WriteText(text, inner, json, isFirst);
            }

            output.RequireSameWeight(row, first, at);
            (isFirst, text) = (false, null);
            at = row[at].Next;
        } while (Joins(row, first, at, end));

        json.Add((byte)']');
        return at;
    }

    /// <summary>Whether a call belongs to the message before it: it says nothing that the message does not say too.</summary>
    private static bool Joins(JsonTape row, int first, int call, int end)
    {
        if (call >= end || !IsCall(row, call) || HasThought(row, call))
        {
            return false;
        }

        Speech speech = Speech.Of(row, call);
        for (int at = call + 1; at < row[call].Next; at = row[at + 1].Next)
        {
            bool isSame =
                speech.Holds(at + 1) || row[at + 1].Kind == JsonKind.Null || SupervisionReader.IsKey(row.Raw(at));
            int same = isSame ? 0 : row.Find(first, row.Raw(at));
            if (same < 0 || (same > 0 && !row.RawValue(same).SequenceEqual(row.RawValue(at + 1))))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasThought(JsonTape row, int call)
    {
        int content = Speech.Of(row, call).Content;
        return row[content].Kind == JsonKind.String
            && row.Raw(content).IndexOf("think"u8) >= 0
            && ContentWriter.SplitReasoning(row.String(content)) is not null;
    }

    /// <summary>Writes several results that one text holds as a message each.</summary>
    private static bool Results(JsonTape row, int message, CanonicalRow output)
    {
        Speech speech = Speech.Of(row, message);
        if (
            speech.Content < 0
            || row[speech.Content].Kind != JsonKind.String
            || !HermesText.MayHold(row, speech.Content)
            || Speech.Role(row, message) != Role.Tool
            || row.Length(message) > 2
            || HermesText.Results(row.String(speech.Content)) is not { Count: > 1 } results
        )
        {
            return false;
        }

        foreach (string result in results)
        {
            output.Begin("tool", message);
            output.From(speech.Speaker, speech.Content);
            output.Text("content"u8, result);
        }

        output.Rewrites.Add("printed-results");
        return true;
    }
}

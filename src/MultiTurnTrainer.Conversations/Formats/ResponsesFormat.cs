using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// OpenAI's Responses API: <c>input</c> as a list of items (messages, <c>function_call</c>, <c>function_call_output</c>,
/// <c>reasoning</c>), alone or under <c>responses_create_params</c>, with <c>instructions</c> and <c>tools</c>.
/// </summary>
internal sealed class ResponsesFormat : IRowFormat
{
    public string Name => "responses";

    public bool Recognises(JsonTape row) =>
        row.Find(Owner(row), "input"u8) is >= 0 and int input
        && row[input].Kind == JsonKind.Array
        && input + 1 < row[input].Next
        && (row.Find(input + 1, "role"u8) >= 0 || row.Find(input + 1, "type"u8) >= 0);

    public string Reason(JsonTape row) => "\"input\" is a list of items of the Responses API";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int owner = Owner(row);
        if (row.Find(owner, "instructions"u8) is >= 0 and int system && row[system].Kind == JsonKind.String)
        {
            output.Begin("system", system);
            output.Raw("content"u8, row.RawValue(system));
            output.From(content: system);
        }

        Items(row, row.Find(owner, "input"u8), output, options);
        if (row.Find(owner, "output"u8) is >= 0 and int answers && row[answers].Kind == JsonKind.Array)
        {
            Items(row, answers, output, options);
        }

        ToolsWriter.Copy(row, row.Find(owner, "tools"u8), output);
        output.KeepRest(row, "responses_create_params", "input", "output", "instructions", "tools");
        return null;
    }

    private static int Owner(JsonTape row)
    {
        int wrapped = row.Find(0, "responses_create_params"u8);
        return wrapped >= 0 ? wrapped : 0;
    }

    private static void Items(JsonTape row, int list, CanonicalRow output, ConversionOptions options)
    {
        int at = list + 1;
        while (at < row[list].Next)
        {
            int type = row.Find(at, "type"u8);
            if (type >= 0 && row.Is(type, "function_call"u8))
            {
                at = Calls(row, at, row[list].Next, output);
                continue;
            }

            if (type >= 0 && row.Is(type, "function_call_output"u8))
            {
                Result(row, at, output);
            }
            else
            {
                MessageWriter.Copy(row, at, output, options);
            }

            at = row[at].Next;
        }
    }

    /// <summary>Writes consecutive calls as the parallel calls of one message.</summary>
    private static int Calls(JsonTape row, int at, int end, CanonicalRow output)
    {
        output.Begin("assistant", at);
        output.Raw("content"u8, "\"\""u8);
        SupervisionReader.Copy(row, at, output);
        int begun = at;
        ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
        bool first = true;
        while (at < end && row.Find(at, "type"u8) is >= 0 and int type && row.Is(type, "function_call"u8))
        {
            json.Add(first ? [] : ","u8).Add("{"u8);
            if (row.Find(at, "call_id"u8) is >= 0 and int id)
            {
                json.Add("\"id\":"u8).Add(row.RawValue(id)).Add((byte)',');
            }

            int name = row.Find(at, "name"u8);
            int arguments = row.Find(at, "arguments"u8);
            json.Add("\"type\":\"function\",\"function\":{\"name\":"u8)
                .Add(name >= 0 ? row.RawValue(name) : "\"\""u8)
                .Add(",\"arguments\":"u8)
                .Add(arguments >= 0 ? row.RawValue(arguments) : "\"{}\""u8)
                .Add("}}"u8);
            first = false;
            output.RequireSameWeight(row, begun, at);
            at = row[at].Next;
        }

        json.Add((byte)']');
        return at;
    }

    private static void Result(JsonTape row, int item, CanonicalRow output)
    {
        output.Begin("tool", item);
        if (row.Find(item, "call_id"u8) is >= 0 and int id)
        {
            output.Raw("tool_call_id"u8, row.RawValue(id));
        }

        if (row.Find(item, "output"u8) is >= 0 and int content)
        {
            output.Raw("content"u8, row.RawValue(content));
            output.From(content: content);
        }
    }
}

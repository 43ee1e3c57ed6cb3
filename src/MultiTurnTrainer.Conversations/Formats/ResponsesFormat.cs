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
        bool hasSystem = row.Present(owner, "instructions"u8) is >= 0 and int system && Side(row, system, Role.System);
        Items(row, row.Find(owner, "input"u8), output, options);
        bool hasAnswer = row.Present(owner, "output"u8) is >= 0 and int answer && Side(row, answer, Role.Assistant);
        string[] used =
        [
            "input",
            hasAnswer ? "output" : "",
            hasSystem ? "instructions" : "",
            ToolsWriter.Declared(row, owner, output),
        ];
        output.KeepRest(row, owner > 0 ? ["responses_create_params"] : used);
        if (owner > 0)
        {
            output.KeepRest(row, owner, used);
        }

        return null;

        // A text, or items.
        bool Side(JsonTape row, int value, Role role)
        {
            if (row[value].Kind == JsonKind.Array)
            {
                Items(row, value, output, options);
            }
            else if (row[value].Kind == JsonKind.String)
            {
                AlpacaFormat.Plain(row, value, Roles.Name(role), output);
            }
            else
            {
                return false;
            }

            return true;
        }
    }

    private static int Owner(JsonTape row)
    {
        int wrapped = row.Find(0, "responses_create_params"u8);
        return wrapped >= 0 ? wrapped : 0;
    }

    private static void Items(JsonTape row, int list, CanonicalRow output, ConversionOptions options)
    {
        int reasoning = -1;
        int at = list + 1;
        while (at < row[list].Next)
        {
            int item = at;
            at = row[item].Next;
            if (IsType(row, item, "reasoning"u8))
            {
                LeaveOut(row, reasoning, output);
                reasoning = item;
                continue;
            }

            if (IsType(row, item, "function_call_output"u8))
            {
                Result(row, item, output);
                continue;
            }

            bool isCall = IsType(row, item, "function_call"u8);
            if (!isCall)
            {
                MessageWriter.Copy(row, item, output, options);
            }
            else
            {
                output.Begin("assistant", item);
                output.Raw("content"u8, "\"\""u8);
                output.AddWeights(row, item);
            }

            if (reasoning >= 0 && (isCall || Speech.Role(row, item) == Role.Assistant))
            {
                Reasoning(row, reasoning, output);
                reasoning = -1;
            }

            at = isCall ? Calls(row, item, row[list].Next, output) : at;
        }

        LeaveOut(row, reasoning, output);
    }

    private static bool IsType(JsonTape row, int item, ReadOnlySpan<byte> name) =>
        row.Find(item, "type"u8) is >= 0 and int type && row.Is(type, name);

    /// <summary>Says that reasoning without an answer has no place.</summary>
    private static void LeaveOut(JsonTape row, int reasoning, CanonicalRow output)
    {
        if (reasoning >= 0)
        {
            output.Unread(row.Find(reasoning, "type"u8) - 1);
        }
    }

    /// <summary>Writes the texts of a reasoning item, or of its summary, as the message's reasoning.</summary>
    private static void Reasoning(JsonTape row, int item, CanonicalRow output)
    {
        int texts = row.Find(item, "content"u8);
        bool hasTexts = texts >= 0 && row[texts].Kind == JsonKind.Array && row.Length(texts) > 0;
        output.LeaveOut(row, item, "type", hasTexts ? "content" : "summary");
        texts = hasTexts ? texts : row.Find(item, "summary"u8);
        if (SupervisionReader.Find(row, item) is >= 0 and int weight)
        {
            output.Refuse(new Refusal("a weight on reasoning: give it to the answer", weight));
        }

        ByteBuilder json = new();
        for (
            int at = texts + 1;
            texts >= 0 && row[texts].Kind == JsonKind.Array && at < row[texts].Next;
            at = row[at].Next
        )
        {
            if (row.Find(at, "text"u8) is >= 0 and int text && row[text].Kind == JsonKind.String)
            {
                json.Add(json.Length == 0 ? "\""u8 : "\\n"u8).Add(row.Raw(text));
            }
        }

        if (json.Length > 0)
        {
            output.Raw("reasoning_content"u8, json.Add((byte)'"').Span);
        }
    }

    /// <summary>Writes consecutive calls as the parallel calls of the message that was begun.</summary>
    private static int Calls(JsonTape row, int at, int end, CanonicalRow output)
    {
        int begun = at;
        ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
        bool first = true;
        while (at < end && IsType(row, at, "function_call"u8))
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
            output.LeaveOut(row, at, "type", "call_id", "name", "arguments", "training_detail");
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
            ContentParts.Write(row, content, output);
            output.From(content: content);
        }

        output.AddWeights(row, item);
        output.LeaveOut(row, item, "type", "call_id", "output", "training_detail");
    }
}

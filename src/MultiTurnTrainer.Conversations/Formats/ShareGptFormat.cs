using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// ShareGPT: a list of <c>{"from", "value"}</c>, with all the spellings of roles, and the function-call roles of glaive
/// and LLaMA-Factory (<c>function_call</c>, <c>observation</c>).
/// </summary>
internal sealed class ShareGptFormat : IRowFormat
{
    public string Name => "sharegpt";

    public bool Recognises(JsonTape row)
    {
        int list = row[0].Kind == JsonKind.Array ? 0 : MessageList.Find(row);
        return list >= 0 && list + 1 < row[list].Next && IsTurn(row, list + 1);
    }

    public string Reason(JsonTape row) =>
        row[0].Kind == JsonKind.Array
            ? "the row is a list of turns with \"from\""
            : $"\"{row.String(MessageList.Find(row) - 1)}\" is a list of turns with \"from\"";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int list = row[0].Kind == JsonKind.Array ? 0 : MessageList.Find(row);
        string system = SystemPrompt.Write(row, output);
        Turns(row, list, output, options);
        if (row[0].Kind == JsonKind.Object)
        {
            ToolsWriter.Copy(row, row.Find(0, "tools"u8), output);
            output.KeepRest(row, row.String(list - 1), "tools", system);
        }

        return null;
    }

    /// <summary>Whether an element is a turn with a speaker and a value.</summary>
    public static bool IsTurn(JsonTape row, int element) =>
        row[element].Kind == JsonKind.Object && row.Find(element, "from"u8) >= 0;

    /// <summary>Writes every turn of a list.</summary>
    public static void Turns(JsonTape row, int list, CanonicalRow output, ConversionOptions options)
    {
        int end = row[list].Next;
        int at = list + 1;
        while (at < end)
        {
            at = Turn(row, at, end, output, options);
        }
    }

    /// <summary>Writes one turn, with the function calls that follow it.</summary>
    /// <returns>The next turn that is not written yet.</returns>
    public static int Turn(JsonTape row, int at, int end, CanonicalRow output, ConversionOptions options)
    {
        if (!IsTurn(row, at))
        {
            MessageWriter.Copy(row, at, output, options);
            return row[at].Next;
        }

        int from = row.Find(at, "from"u8);
        int value = Value(row, at);
        string speaker = row[from].Kind == JsonKind.String ? row.String(from) : "";
        Role role = Roles.Meaning(speaker);
        if (IsCall(speaker))
        {
            output.Begin("assistant", at);
            output.From(from, value);
            output.Raw("content"u8, "\"\""u8);
            SupervisionReader.Copy(row, at, output);
            return Calls(row, at, at, end, output);
        }

        output.Begin(role == Role.Unknown ? speaker : Roles.Name(role), at);
        output.From(from, value);
        if (value >= 0)
        {
            bool split = options.Normalise && role == Role.Assistant && row.Find(at, "training_detail"u8) < 0;
            ReasoningWriter.WriteContent(row, value, output, split);
        }

        SupervisionReader.Copy(row, at, output);
        int next = row[at].Next;
        return role == Role.Assistant && next < end && IsTurn(row, next) && IsCallTurn(row, next)
            ? Calls(row, at, next, end, output)
            : next;
    }

    private static int Value(JsonTape row, int turn)
    {
        int value = row.Find(turn, "value"u8);
        value = value >= 0 ? value : row.Find(turn, "content"u8);
        return value >= 0 ? value : row.Find(turn, "text"u8);
    }

    private static bool IsCall(string speaker) =>
        speaker.ToLowerInvariant() is "function_call" or "function-call" or "tool_call" or "tool_calls";

    private static bool IsCallTurn(JsonTape row, int turn) =>
        row.Find(turn, "from"u8) is >= 0 and int from && row[from].Kind == JsonKind.String && IsCall(row.String(from));

    /// <summary>Writes consecutive function calls as the parallel calls of the message that a turn began.</summary>
    private static int Calls(JsonTape row, int first, int at, int end, CanonicalRow output)
    {
        ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
        bool isFirst = true;
        JsonTape inner = new();
        while (at < end && IsTurn(row, at) && IsCallTurn(row, at))
        {
            int value = Value(row, at);
            string text = value >= 0 && row[value].Kind == JsonKind.String ? row.String(value) : "";
            ToolCallWriter.WriteText(text, inner, json, isFirst);
            output.RequireSameWeight(row, first, at);
            isFirst = false;
            at = row[at].Next;
        }

        json.Add((byte)']');
        return at;
    }
}

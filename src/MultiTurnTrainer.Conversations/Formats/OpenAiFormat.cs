using System.Text;
using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// OpenAI messages: <c>messages</c> with <c>role</c>, <c>content</c>, <c>tool_calls</c>, <c>tool_call_id</c>,
/// <c>weight</c>; and the same list under another name or alone.
/// </summary>
internal sealed class OpenAiFormat : IRowFormat
{
    /// <summary>Keys beside the messages that rendering reads; they keep their place.</summary>
    private static readonly string[] _ofTemplates =
    [
        "kwargs",
        "chat_template_kwargs",
        "bos_token",
        "eos_token",
        "stop",
        "documents",
        "tool_choice",
        "parallel_tool_calls",
    ];

    public string Name => "openai";

    public bool Recognises(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Array)
        {
            return HasRole(row, 0);
        }

        int list = MessageList.Find(row);
        return list >= 0 && (row.Is(list - 1, "messages"u8) || row.Length(list) == 0 || HasRole(row, list));
    }

    public string Reason(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Array)
        {
            return "the row is a list of messages with \"role\"";
        }

        int list = MessageList.Find(row);
        string name = row.String(list - 1);
        return row.Length(list) == 0
            ? $"has an empty list \"{name}\""
            : $"\"{name}\" is a list of messages with \"role\"";
    }

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int list = row[0].Kind == JsonKind.Array ? 0 : MessageList.Find(row);
        for (int at = list + 1; at < row[list].Next; at = row[at].Next)
        {
            MessageWriter.Copy(row, at, output, options);
        }

        if (row[0].Kind == JsonKind.Object)
        {
            ToolsWriter.Copy(row, row.Find(0, "tools"u8), output);
            foreach (string name in _ofTemplates)
            {
                if (row.Find(0, Encoding.UTF8.GetBytes(name)) is >= 0 and int value)
                {
                    output.Extra(row.Raw(value - 1), row.RawValue(value));
                }
            }

            output.KeepRest(row, [row.String(list - 1), "tools", .. _ofTemplates]);
        }

        return null;
    }

    /// <summary>Whether the row is in the canonical form as it stands.</summary>
    public static bool IsCanonical(JsonTape row) =>
        row[0].Kind == JsonKind.Object
        && row.Find(0, "messages"u8) is >= 0 and int list
        && row[list].Kind == JsonKind.Array
        && (row.Find(0, "tools"u8) is var tools && (tools < 0 || row[tools].Kind != JsonKind.String));

    private static bool HasRole(JsonTape row, int list)
    {
        int first = list + 1;
        return first < row[list].Next && row.Find(first, "role"u8) >= 0;
    }
}

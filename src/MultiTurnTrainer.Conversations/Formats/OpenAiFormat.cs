using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// OpenAI messages: <c>messages</c> with <c>role</c>, <c>content</c>, <c>tool_calls</c>, <c>tool_call_id</c>,
/// <c>weight</c>; and the same list under another name or alone.
/// </summary>
internal sealed class OpenAiFormat : IRowFormat
{
    private static readonly string[] _listNames =
    [
        "messages",
        "conversations",
        "conversation",
        "dialogue",
        "dialog",
        "chat",
    ];

    public string Name => "openai";

    public string? Recognise(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Array)
        {
            return HasRole(row, 0) ? "the row is a list of messages with \"role\"" : null;
        }

        (int list, string name) = List(row);
        if (list < 0)
        {
            return null;
        }

        if (row.Length(list) == 0)
        {
            return $"has an empty list \"{name}\"";
        }

        return name == "messages" || HasRole(row, list) ? $"\"{name}\" is a list of messages with \"role\"" : null;
    }

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        (int list, string name) = row[0].Kind == JsonKind.Array ? (0, "") : List(row);
        for (int at = list + 1; at < row[list].Next; at = row[at].Next)
        {
            MessageWriter.Copy(row, at, output, options);
        }

        if (row[0].Kind == JsonKind.Object)
        {
            ToolsWriter.Copy(row, row.Find(0, "tools"u8), output);
            output.KeepRest(row, name, "tools");
        }

        return null;
    }

    /// <summary>Whether the row is in the canonical form as it stands.</summary>
    public static bool IsCanonical(JsonTape row) =>
        row[0].Kind == JsonKind.Object
        && row.Find(0, "messages"u8) is >= 0 and int list
        && row[list].Kind == JsonKind.Array
        && (row.Find(0, "tools"u8) is var tools && (tools < 0 || row[tools].Kind != JsonKind.String));

    /// <summary>The list of messages by any of its names.</summary>
    public static (int List, string Name) List(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Object)
        {
            for (int at = 1; at < row[0].Next; at = row[at + 1].Next)
            {
                if (row[at + 1].Kind == JsonKind.Array)
                {
                    foreach (string name in _listNames)
                    {
                        if (row[at].Length == name.Length && row.String(at) == name)
                        {
                            return (at + 1, name);
                        }
                    }
                }
            }
        }

        return (-1, "");
    }

    private static bool HasRole(JsonTape row, int list)
    {
        int first = list + 1;
        return first < row[list].Next && row.Find(first, "role"u8) >= 0;
    }
}

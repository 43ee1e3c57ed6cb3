namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Glaive's function calling as text: <c>system</c> with the functions' descriptions one after another, and <c>chat</c>, a
/// printed dialogue with <c>&lt;functioncall></c>.
/// </summary>
internal sealed class GlaiveFormat : IRowFormat
{
    private const string Speaker = "SYSTEM:";

    public string Name => "glaive";

    public bool Recognises(JsonTape row) =>
        row.Find(0, "chat"u8) is >= 0 and int chat
        && row[chat].Kind == JsonKind.String
        && row.Raw(chat).IndexOf("USER:"u8) >= 0
        && PrintedDialogue.Glaive.Recognises(row.String(chat));

    public string Reason(JsonTape row) => "\"chat\" is a printed dialogue of USER and ASSISTANT";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        string system = "";
        if (SystemPrompt.Find(row) is >= 0 and int text && row[text].Kind == JsonKind.String)
        {
            system = row.String(text - 1);
            WriteSystem(row.String(text), text, output);
        }

        int chat = row.Find(0, "chat"u8);
        PrintedDialogue.Glaive.Write(row.String(chat), chat, output);
        string tools = output.ToolsSource < 0 ? ToolsWriter.Declared(row, 0, output) : "";
        output.KeepRest(row, "chat", system, tools);
        return null;
    }

    /// <summary>Writes the instructions as a message, and the functions that they end with as tools.</summary>
    private static void WriteSystem(string text, int source, CanonicalRow output)
    {
        text = text.StartsWith(Speaker, StringComparison.Ordinal) ? text[Speaker.Length..] : text;
        int brace = text.IndexOf('{', StringComparison.Ordinal);
        // The functions stand one after another; commas between them make a list.
        JsonTape tools = new();
        bool isList =
            brace >= 0
            && tools.Scan(Encoding.UTF8.GetBytes($"[{string.Join(',', Objects(text[brace..]))}]"))
            && tools.Length(0) > 0;
        output.Begin("system", source);
        output.From(content: source);
        output.Text("content"u8, (isList ? text[..brace] : text).Trim());
        if (isList)
        {
            ToolsWriter.Copy(tools, 0, output);
        }
    }

    /// <summary>The texts between brackets that close each other, outside strings; the whole text when they do not.</summary>
    private static List<string> Objects(string text)
    {
        List<string> objects = [];
        int depth = 0;
        int start = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (quoted)
            {
                i += text[i] == '\\' ? 1 : 0;
                quoted = i >= text.Length || text[i] != '"';
                continue;
            }

            quoted = text[i] == '"';
            depth += text[i] switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (depth == 0 && text[i] == '}')
            {
                objects.Add(text[start..(i + 1)]);
                start = i + 1;
            }
        }

        return string.IsNullOrWhiteSpace(text[start..]) ? objects : [text];
    }
}

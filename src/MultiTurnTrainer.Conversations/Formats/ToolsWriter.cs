namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes declared tools as a list of <c>{"type": "function", "function": {…}}</c>.</summary>
internal static class ToolsWriter
{
    /// <summary>Copies what an object declares under <c>tools</c>, or under <c>functions</c> as OpenAI had it before.</summary>
    /// <returns>The name it stood under; <c>tools</c> where there are none.</returns>
    public static string Declared(JsonTape row, int owner, CanonicalRow output)
    {
        int tools = Find(row, owner);
        Copy(row, tools, output);
        return tools < 0 ? "tools" : row.String(tools - 1);
    }

    /// <summary>What an object declares as its tools; negative for none.</summary>
    public static int Find(JsonTape row, int owner)
    {
        int tools = row.Present(owner, "tools"u8);
        return tools >= 0 ? tools : row.Present(owner, "functions"u8);
    }

    /// <summary>Copies a value that holds tools: a list, one tool, or either as JSON text.</summary>
    /// <param name="row">The source.</param>
    /// <param name="tools">The value's token; negative for none.</param>
    /// <param name="output">The row to write to.</param>
    public static void Copy(JsonTape row, int tools, CanonicalRow output)
    {
        if (tools < 0 || row[tools].Kind == JsonKind.Null)
        {
            return;
        }

        JsonTape source = row;
        int value = tools;
        if (row[tools].Kind == JsonKind.String)
        {
            string text = row.String(tools);
            JsonTape inner = new();
            if (string.IsNullOrWhiteSpace(text))
            {
                return;
            }

            if (!inner.Scan(Encoding.UTF8.GetBytes(text)) || inner[0].Kind is not (JsonKind.Array or JsonKind.Object))
            {
                // Not JSON: kept as text, for the rule about tools to find.
                output.Tools(row.RawValue(tools), tools);
                return;
            }

            (source, value) = (inner, 0);
        }

        ByteBuilder json = new();
        json.Add((byte)'[');
        if (source[value].Kind == JsonKind.Array)
        {
            for (int at = value + 1; at < source[value].Next; at = source[at].Next)
            {
                json.Add(at > value + 1 ? ","u8 : []);
                Tool(source, at, json);
            }
        }
        else
        {
            Tool(source, value, json);
        }

        output.Tools(json.Add((byte)']').Span, tools);
    }

    private static void Tool(JsonTape source, int tool, ByteBuilder json)
    {
        // A list of JSON texts, as Arrow-friendly sets have it.
        if (source[tool].Kind == JsonKind.String)
        {
            JsonTape inner = new();
            if (inner.Scan(Encoding.UTF8.GetBytes(source.String(tool))) && inner[0].Kind == JsonKind.Object)
            {
                (source, tool) = (inner, 0);
            }
        }

        bool wrapped = source.Find(tool, "function"u8) >= 0 || source.Find(tool, "name"u8) < 0;
        if (wrapped)
        {
            json.Add(source.RawValue(tool));
            return;
        }

        json.Add("{\"type\":\"function\",\"function\":"u8);
        SchemaWriter.Copy(source, tool, json);
        json.Add((byte)'}');
    }
}

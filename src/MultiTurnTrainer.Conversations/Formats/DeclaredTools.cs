namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>The tools that a row declares.</summary>
internal static class DeclaredTools
{
    /// <summary>The function object of a declaration, wrapped or bare; −1 when there is none.</summary>
    public static int Function(JsonTape tape, int tool)
    {
        if (tape[tool].Kind != JsonKind.Object)
        {
            return -1;
        }

        int function = tape.Find(tool, "function"u8);
        return function >= 0 && tape[function].Kind == JsonKind.Object ? function : tool;
    }

    /// <summary>The function object that a call's name means; −1 when none is declared.</summary>
    /// <param name="tape">Where the tools stand.</param>
    /// <param name="tools">The list's token; −1 for none.</param>
    /// <param name="row">Where the call stands.</param>
    /// <param name="name">The name's token there; −1 for none.</param>
    public static int Find(JsonTape tape, int tools, JsonTape row, int name)
    {
        if (name < 0 || tools < 0 || tape[tools].Kind != JsonKind.Array)
        {
            return -1;
        }

        for (int tool = tools + 1; tool < tape[tools].Next; tool = tape[tool].Next)
        {
            int function = Function(tape, tool);
            int declared = function < 0 ? -1 : tape.Find(function, "name"u8);
            if (declared >= 0 && Same(tape, declared, row, name))
            {
                return function;
            }
        }

        return -1;
    }

    /// <summary>The declared names.</summary>
    public static List<string> Names(JsonTape tape, int tools)
    {
        List<string> names = [];
        for (int tool = tools + 1; tool < tape[tools].Next; tool = tape[tool].Next)
        {
            int function = Function(tape, tool);
            int name = function < 0 ? -1 : tape.Find(function, "name"u8);
            if (name >= 0 && tape[name].Kind == JsonKind.String)
            {
                names.Add(tape.String(name));
            }
        }

        return names;
    }

    private static bool Same(JsonTape tape, int one, JsonTape row, int other) =>
        ((tape[one].Flags | row[other].Flags) & JsonFlags.Escaped) == 0
            ? tape.Raw(one).SequenceEqual(row.Raw(other))
            : tape.String(one) == row.String(other);
}

using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Validation;

namespace MultiTurnTrainer.Validation.Rules;

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
    public static int Find(Row row, int name)
    {
        JsonTape tape = row.Tape;
        if (name < 0 || row.Tools < 0 || tape[row.Tools].Kind != JsonKind.Array)
        {
            return -1;
        }

        for (int tool = row.Tools + 1; tool < tape[row.Tools].Next; tool = tape[tool].Next)
        {
            int function = Function(tape, tool);
            int declared = function < 0 ? -1 : tape.Find(function, "name"u8);
            if (declared >= 0 && Same(tape, declared, name))
            {
                return function;
            }
        }

        return -1;
    }

    /// <summary>The declared names.</summary>
    public static List<string> Names(Row row)
    {
        JsonTape tape = row.Tape;
        List<string> names = [];
        for (int tool = row.Tools + 1; tool < tape[row.Tools].Next; tool = tape[tool].Next)
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

    private static bool Same(JsonTape tape, int one, int other) =>
        ((tape[one].Flags | tape[other].Flags) & JsonFlags.Escaped) == 0
            ? tape.Raw(one).SequenceEqual(tape.Raw(other))
            : tape.String(one) == tape.String(other);
}

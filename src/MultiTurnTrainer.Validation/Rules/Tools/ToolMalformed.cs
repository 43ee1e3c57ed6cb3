using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A declared tool lacks its name, is declared twice, or is no object.</summary>
internal sealed class ToolMalformed : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT307",
            "tool-malformed",
            Severity.Error,
            "A declared tool lacks its name, is declared twice, or is no object."
        )
        {
            Why = "Templates print it into every prompt as it is, broken.",
            Hint = "Write {\"type\": \"function\", \"function\": {\"name\", \"description\", \"parameters\"}}.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"description":"no name"}}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        if (row.Tools < 0 || tape[row.Tools].Kind == JsonKind.Null)
        {
            return;
        }

        if (tape[row.Tools].Kind != JsonKind.Array)
        {
            sink.Add(this, row, row.Tools, $"\"tools\" is {Shown.Kind(tape, row.Tools)}, not a list");
            return;
        }

        HashSet<string>? names = null;
        for (int tool = row.Tools + 1; tool < tape[row.Tools].Next; tool = tape[tool].Next)
        {
            int function = DeclaredTools.Function(tape, tool);
            int name = function < 0 ? -1 : tape.Find(function, "name"u8);
            if (name < 0 || tape[name].Kind != JsonKind.String || tape[name].Length == 0)
            {
                sink.Add(this, row, tool, "the tool has no name");
            }
            else if (tool > row.Tools + 1 || tape[tool].Next < tape[row.Tools].Next)
            {
                names ??= new HashSet<string>(StringComparer.Ordinal);
                if (!names.Add(tape.String(name)))
                {
                    sink.Add(this, row, tool, $"the tool {Shown.Text(tape, name)} is declared twice");
                }
            }
        }
    }
}

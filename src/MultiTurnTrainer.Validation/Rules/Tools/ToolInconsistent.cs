using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A tool is declared differently from one row to another.</summary>
internal sealed class ToolInconsistent : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT308", "tool-inconsistent", Severity.Warning, "A tool is declared differently from one row to another.")
        {
            Why = "The model cannot learn what the tool takes; often Arrow has merged the columns of several tools.",
            Hint = "Use one declaration for one name.",
            Bad = """
                {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]}
                {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]}}}]}
                """,
        };

    private const int MostNames = 100_000;
    private readonly Dictionary<ulong, (ulong Schema, bool Said)> _seen = [];

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        if (row.Tools < 0 || tape[row.Tools].Kind != JsonKind.Array)
        {
            return;
        }

        for (int tool = row.Tools + 1; tool < tape[row.Tools].Next; tool = tape[tool].Next)
        {
            int function = DeclaredTools.Function(tape, tool);
            int name = function < 0 ? -1 : tape.Find(function, "name"u8);
            int schema = function < 0 ? -1 : tape.Find(function, "parameters"u8);
            if (name < 0 || schema < 0)
            {
                continue;
            }

            ulong key = StableHash.Of(tape.Raw(name));
            ulong hash = StableHash.OfSchema(tape, schema);
            if (!_seen.TryGetValue(key, out (ulong Schema, bool Said) before))
            {
                if (_seen.Count < MostNames)
                {
                    _seen[key] = (hash, false);
                }
            }
            else if (before.Schema != hash && !before.Said)
            {
                _seen[key] = (before.Schema, true);
                sink.Add(
                    this,
                    row,
                    tool,
                    $"the tool {Shown.Text(tape, name)} had other parameters in an earlier row (reported once a tool)"
                );
            }
        }
    }
}

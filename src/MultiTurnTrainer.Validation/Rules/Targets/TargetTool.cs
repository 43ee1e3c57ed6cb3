using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A tool, a call or a result lacks what the service asks of it.</summary>
internal sealed class TargetTool(ProviderTarget? target) : TargetRule(target)
{
    public override RuleInfo Info { get; } =
        new("MTT706", "target-tool", Severity.Error, "A tool, a call or a result lacks what the service asks of it.")
        {
            Why = "The file is refused at its first such row.",
            Hint =
                "Write calls as {\"id\", \"type\", \"function\": {\"name\", \"arguments\"}} with arguments as a text, and results with tool_call_id.",
        };

    protected override void CheckRow(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        foreach (int tool in Elements(tape, tape.Find(0, "tools"u8)))
        {
            int function = tape.Find(tool, "function"u8);
            if (Text(tape, function, "name"u8).Length == 0)
            {
                sink.AddSource(this, row, tool, $"{Target.Name} needs function.name of a tool");
            }
            else if (
                Target.ToolsAreWhole
                && (tape.Find(function, "description"u8) < 0 || !IsObject(tape, tape.Find(function, "parameters"u8)))
            )
            {
                sink.AddSource(
                    this,
                    row,
                    tool,
                    $"{Target.Name} needs a tool's description and its parameters, an object"
                );
            }
        }
    }

    protected override void CheckMessage(Row row, int message, int previous, bool isLast, FindingSink sink)
    {
        JsonTape tape = row.Source;
        if (Text(tape, message, "role"u8) == "tool" && Text(tape, message, "tool_call_id"u8).Length == 0)
        {
            sink.AddSource(this, row, message, $"{Target.Name} needs tool_call_id of a result");
        }

        foreach (int call in Elements(tape, tape.Find(message, "tool_calls"u8)))
        {
            int function = tape.Find(call, "function"u8);
            int arguments = tape.Find(function, "arguments"u8);
            string id = Text(tape, call, "id"u8);
            if (Text(tape, function, "name"u8).Length == 0 || arguments < 0 || tape[arguments].Kind != JsonKind.String)
            {
                sink.AddSource(
                    this,
                    row,
                    call,
                    $"{Target.Name} needs function.name and function.arguments, a text, of a call"
                );
            }

            if (id.Length == 0)
            {
                sink.AddSource(this, row, call, $"{Target.Name} needs the id of a call");
            }
            else if (Target.CallIdsHaveNine && !(id.Length == 9 && id.All(char.IsAsciiLetterOrDigit)))
            {
                sink.AddSource(
                    this,
                    row,
                    call,
                    $"{Target.Name} takes ids of nine letters or digits, not {Shown.Text(id)}"
                );
            }
        }
    }

    private static bool IsObject(JsonTape tape, int token) => token >= 0 && tape[token].Kind == JsonKind.Object;

    private static List<int> Elements(JsonTape tape, int list)
    {
        List<int> elements = [];
        if (list >= 0 && tape[list].Kind == JsonKind.Array)
        {
            for (int at = list + 1; at < tape[list].Next; at = tape[at].Next)
            {
                elements.Add(at);
            }
        }

        return elements;
    }
}

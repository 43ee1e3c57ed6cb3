using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A tool call lacks its name, or is on a message that cannot call.</summary>
internal sealed class CallMalformed : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT310",
            "call-malformed",
            Severity.Error,
            "A tool call lacks its name, or is on a message that cannot call."
        )
        {
            Why = "Templates print an empty call, or drop it.",
            Hint =
                "Write {\"id\", \"type\": \"function\", \"function\": {\"name\", \"arguments\"}} on an assistant message.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Calls < 0 || tape[message.Calls].Kind == JsonKind.Null)
            {
                continue;
            }

            if (tape[message.Calls].Kind != JsonKind.Array)
            {
                sink.Add(this, row, message.Calls, $"\"tool_calls\" is {Shown.Kind(tape, message.Calls)}, not a list");
            }
            else if (message.CallCount > 0 && message.Role is not (Role.Assistant or Role.Unknown))
            {
                sink.Add(this, row, message.Calls, $"a {Roles.Name(message.Role)} message cannot call tools");
            }
        }

        CheckPrinted(row, sink);
        foreach (ref readonly CallView call in row.Calls)
        {
            if (call.Name < 0 || tape[call.Name].Kind != JsonKind.String || tape[call.Name].Length == 0)
            {
                sink.Add(this, row, call.Token, "the call has no function name");
            }
            else if (call.Arguments < 0)
            {
                sink.Add(
                    this,
                    row,
                    call.Token,
                    "the call has no arguments",
                    "Write \"arguments\": {}.",
                    Severity.Warning
                );
            }
        }
    }

    /// <summary>Calls that stand as text and are not read: no JSON, words behind them, or a part among several.</summary>
    private void CheckPrinted(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Role != Role.Assistant || message.Content < 0)
            {
                continue;
            }

            bool isText = row.Tape[message.Content].Kind == JsonKind.String;
            bool isPrinted =
                (isText || row.Tape[message.Content].Kind == JsonKind.Array)
                && row.Tape.RawValue(message.Content).IndexOf("<tool_call>"u8) >= 0;
            if (isPrinted)
            {
                sink.Add(
                    this,
                    row,
                    message.Content,
                    "a call is written as text in the answer and is supervised as text",
                    "End the answer with <tool_call>{\"name\", \"arguments\"}</tool_call>, or write \"tool_calls\".",
                    Severity.Warning
                );
            }
        }
    }
}

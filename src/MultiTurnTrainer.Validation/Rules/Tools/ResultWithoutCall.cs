using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A tool's result answers no call.</summary>
internal sealed class ResultWithoutCall : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT301", "result-without-call", Severity.Error, "A tool's result answers no call.")
        {
            Why = "The model learns to believe results of calls that nobody made; APIs refuse the row.",
            Hint = "Add the call, fix its id, or remove the result.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        int lastCaller = -1;
        int results = 0;
        ReadOnlySpan<MessageView> messages = row.Messages;
        for (int i = 0; i < messages.Length; i++)
        {
            ref readonly MessageView message = ref messages[i];
            if (message.Role == Role.Tool)
            {
                results++;
                if (CallMatching.Problem(row, lastCaller, message, results) is { } problem)
                {
                    sink.Add(this, row, message.CallId >= 0 ? message.CallId : message.Token, problem);
                }
            }
            else
            {
                lastCaller = message.Role == Role.Assistant ? i : -1;
                results = 0;
            }
        }
    }
}

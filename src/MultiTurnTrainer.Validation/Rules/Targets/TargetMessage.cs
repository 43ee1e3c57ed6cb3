using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message has a role or a place in the conversation that the service refuses.</summary>
internal sealed class TargetMessage(ProviderTarget? target) : TargetRule(target)
{
    public override RuleInfo Info { get; } =
        new(
            "MTT704",
            "target-message",
            Severity.Error,
            "A message has a role, content or place that the service refuses."
        )
        {
            Why = "The file is refused at its first such row.",
            Hint = "Take the message out, merge it with its neighbour, or end the conversation with its last answer.",
        };

    protected override void CheckMessage(Row row, int message, int previous, bool isLast, FindingSink sink)
    {
        JsonTape tape = row.Source;
        string role = Text(tape, message, "role"u8);
        if (!Target.Roles.Contains(role))
        {
            sink.AddSource(this, row, message, $"{Target.Name} knows no role {Shown.Text(role)}: {List(Target.Roles)}");
        }

        int content = tape.Find(message, "content"u8);
        bool hasContent = content >= 0 && tape[content].Kind is JsonKind.String or JsonKind.Array;
        if (!hasContent && tape.Find(message, "tool_calls"u8) < 0 && tape.Find(message, "function_call"u8) < 0)
        {
            sink.AddSource(this, row, message, $"{Target.Name} needs content or tool calls in every message");
        }

        if (Target.BeginsWithUser && previous < 0 && role is "assistant" or "tool")
        {
            sink.AddSource(this, row, message, $"{Target.Name} begins a conversation with a system or user message");
        }

        if (
            Target.Alternates
            && previous >= 0
            && role is "user" or "assistant"
            && role == Text(tape, previous, "role"u8)
        )
        {
            sink.AddSource(this, row, message, $"{Target.Name} wants user messages and answers to take turns");
        }

        if (isLast && Target.LastIsAssistant && role != "assistant")
        {
            sink.AddSource(this, row, message, $"{Target.Name} wants an answer as the last message");
        }
    }
}

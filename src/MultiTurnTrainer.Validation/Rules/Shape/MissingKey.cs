using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message lacks its role or its content.</summary>
internal sealed class MissingKey : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT102", "missing-key", Severity.Error, "A message lacks its role or its content.")
        {
            Why = "Templates print an empty text or fail.",
            Hint = "Add the key.",
            Bad = """{"messages":[{"role":"user"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (row.Tape[message.Token].Kind != JsonKind.Object)
            {
                sink.Add(
                    this,
                    row,
                    message.Token,
                    $"the message is {Shown.Kind(row.Tape, message.Token)}, not an object"
                );
                continue;
            }

            if (message.RoleToken < 0)
            {
                sink.Add(this, row, message.Token, "the message has no \"role\"");
            }

            // An answer without content is AssistantEmpty's, where it has no calls either.
            if (message.Content < 0 && message.Role != Role.Assistant)
            {
                sink.Add(this, row, message.Token, "the message has no \"content\"");
            }
        }
    }
}

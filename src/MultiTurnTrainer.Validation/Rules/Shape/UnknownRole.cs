using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message has a role that templates do not know.</summary>
internal sealed class UnknownRole : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT104", "unknown-role", Severity.Error, "A message has a role that templates do not know.")
        {
            Why = "Templates drop such a message, print it under a header the model never saw, or fail.",
            Hint = "Use system, developer, user, assistant or tool.",
            Bad = """{"messages":[{"role":"human","content":"hi"},{"role":"assistant","content":"hello"}]}""",
            Fix = "role-alias",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Role != Role.Unknown || message.RoleToken < 0)
            {
                continue;
            }

            if (row.Tape[message.RoleToken].Kind != JsonKind.String)
            {
                sink.Add(
                    this,
                    row,
                    message.RoleToken,
                    $"the role is {Shown.Kind(row.Tape, message.RoleToken)}, not a string"
                );
                continue;
            }

            string name = row.Tape.String(message.RoleToken);
            Role meant = Roles.IsCall(row.Tape.Raw(message.RoleToken)) ? Role.Unknown : Roles.Meaning(name);
            string? near = meant == Role.Unknown ? Nearest.To(name.ToLowerInvariant(), Roles.Canonical) : null;
            sink.Add(
                this,
                row,
                message.RoleToken,
                $"the role {Shown.Text(row.Tape, message.RoleToken)} is unknown",
                meant != Role.Unknown ? $"\"{Roles.Name(meant)}\" is meant; --fix writes it."
                    : near is not null ? $"\"{near}\" is meant?"
                    : null
            );
        }
    }
}

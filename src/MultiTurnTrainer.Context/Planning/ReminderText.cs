using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>What is repeated before a user's words.</summary>
internal static class ReminderText
{
    /// <summary>The text; empty where nothing is due.</summary>
    /// <param name="policy">How often.</param>
    /// <param name="constraints">The constraints in force.</param>
    /// <param name="turn">The turn's number, from 1.</param>
    public static string Of(ContextPolicy policy, IReadOnlyList<ActiveConstraint> constraints, int turn)
    {
        StringBuilder text = new();
        if (policy.Persona.Every > 0 && turn % policy.Persona.Every == 0)
        {
            text.Append(policy.Persona.Reminder.Length > 0 ? policy.Persona.Reminder : policy.Persona.Text);
        }

        if (policy.Constraints.RepeatEvery > 0 && turn % policy.Constraints.RepeatEvery == 0)
        {
            foreach (ActiveConstraint constraint in constraints.Where(constraint => constraint.IsNonNegotiable))
            {
                text.Append(text.Length > 0 ? "\n" : "").Append("Still in force: ").Append(constraint.Text);
            }
        }

        return text.Length == 0 ? "" : $"[{text}]";
    }
}

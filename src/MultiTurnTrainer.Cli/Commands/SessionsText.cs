namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Sessions as text.</summary>
internal static class SessionsText
{
    /// <summary>A line of the list.</summary>
    public static string Header(SessionHeader header)
    {
        string pending = header.Pending is null ? "" : "  answering";
        string user = header.User is null ? "" : $"  user {Printable.Line(header.User)}";
        return Invariant(
            $"{header.Id}  {header.UpdatedAt:yyyy-MM-dd HH:mm:ss}  version {header.Version}{user}{pending}"
        );
    }

    /// <summary>What was said, what became of each turn, what is remembered.</summary>
    public static void Write(SessionState state)
    {
        Console.Out.WriteLine($"{state.Id}  {Numbers(state)}");
        if (state.Policy is { } policy)
        {
            Console.Out.WriteLine($"policy {Printable.Line(policy.Fingerprint)}");
        }

        foreach (SessionConstraint constraint in state.Constraints)
        {
            string gone = constraint.Until is null ? "" : " (withdrawn)";
            Console.Out.WriteLine(
                $"constraint {Printable.Line(constraint.Id)}{gone}: {Printable.Line(constraint.Text)}"
            );
        }

        foreach (MemoryEntry entry in state.CurrentMemory())
        {
            string kind = Naming.SnakeCase(entry.Kind.ToString());
            Console.Out.WriteLine($"{kind} {Printable.Line(entry.Name)}: {Printable.Line(entry.Value)}");
        }

        foreach (SessionMessage message in state.Messages)
        {
            string role = message.Json.GetString("role") ?? "";
            string who = message.Participant is { } name ? $"{role} ({name})" : role;
            string said = Message.TextOf(message.Json.Get("content")) ?? message.Json.GetRawText();
            Console.Out.WriteLine($"\n{Printable.Line(who)}: {Printable.Text(said)}");
        }

        foreach (SessionTurn turn in state.Turns.Where(turn => turn.Status != TurnStatus.Committed))
        {
            string outcome = Naming.SnakeCase(turn.Status.ToString()).Replace('_', ' ');
            string reason = turn.Reason is null ? "" : $" ({Printable.Line(turn.Reason)})";
            Console.Out.WriteLine(
                $"\nturn {Printable.Line(turn.Id)} {outcome}{reason}: {Printable.Text(turn.Partial)}"
            );
        }
    }

    /// <summary>How the prompts that were sent compare with those of today.</summary>
    public static void Write(ReplayedPrompts replayed)
    {
        foreach (string turn in replayed.Differing)
        {
            Console.Error.WriteLine(Printable.Of($"turn {turn}: another prompt than the one that was sent"));
        }

        string unknown =
            replayed.Unrecorded == 0
                ? ""
                : $" ({Counted.Of(replayed.Unrecorded, "turn has", "turns have")} no recorded ids)";
        Console.Error.WriteLine(Invariant($"ids equal at {replayed.Equal:N0}/{replayed.Compared:N0} calls{unknown}"));
    }

    private static string Numbers(SessionState state) =>
        Invariant(
            $"version {state.Version}, {Counted.Of(state.Turns.Count, "turn")}, {Counted.Of(state.Totals.Tokens, "token")}"
        );
}

using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Exports;

/// <summary>Preference pairs of a session: where a turn was answered anew, the answer that stayed and the one it took the place of.</summary>
public static class PreferencePairs
{
    /// <summary>The pairs, as rows with <c>prompt</c>, <c>chosen</c> and <c>rejected</c>.</summary>
    public static IEnumerable<JsonElement> Of(SessionState state)
    {
        foreach (SessionTurn chosen in state.Turns.Where(turn => turn.Status == TurnStatus.Committed))
        {
            foreach (SessionTurn rejected in Replaced(state, chosen).Where(turn => turn.Answer is not null))
            {
                JsonFields row = new()
                {
                    ["prompt"] = state
                        .Messages.Take(chosen.First)
                        .Select(message => message.Json)
                        .Concat(chosen.Messages)
                        .ToArray(),
                    ["chosen"] = new[] { chosen.Answer!.Value },
                    ["rejected"] = new[] { rejected.Answer!.Value },
                };
                row.AddPresent("tools", state.Tools);
                row["metadata"] = new JsonFields
                {
                    ["session"] = state.Id,
                    ["turns"] = new[] { chosen.Id, rejected.Id },
                };
                yield return JsonSerializer.SerializeToElement(row, JsonText.Compact);
            }
        }
    }

    // Only whole answers are compared: one that broke off is worse for no fault of its words.
    private static IEnumerable<SessionTurn> Replaced(SessionState state, SessionTurn turn)
    {
        for (string? id = turn.Replaces; id is not null; id = turn.Replaces)
        {
            turn = state.FindTurn(id)!;
            if (turn.Info is not null)
            {
                yield return turn;
            }
        }
    }
}

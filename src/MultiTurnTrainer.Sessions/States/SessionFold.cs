using MultiTurnTrainer.Sessions.Events;

namespace MultiTurnTrainer.Sessions.States;

/// <summary>The fold: a state and the next event give the next state.</summary>
public static class SessionFold
{
    /// <summary>The state before the first event.</summary>
    public static SessionState Empty(SessionKey session) => new() { Key = session };

    /// <summary>The state after some events.</summary>
    /// <exception cref="MttException">An event cannot follow what came before it: the log is damaged.</exception>
    public static SessionState Apply(SessionState state, IEnumerable<LoggedEvent> events) =>
        events.Aggregate(state, Apply);

    /// <summary>The state after one more event.</summary>
    /// <exception cref="MttException">It cannot follow what came before it: the log is damaged.</exception>
    public static SessionState Apply(SessionState state, LoggedEvent next)
    {
        if (next.Version != state.Version + 1 || (next.Version == 1) != (next.Event is SessionCreated))
        {
            throw Damaged(state, $"event {next.Version} follows version {state.Version}");
        }

        SessionState folded = next.Event switch
        {
            SessionCreated created => Begin(state, created, next.At),
            SessionForked forked => Drop(state, TurnStatus.Interrupted) with
            {
                ForkedFrom = forked,
                // What clients sent under a key, they sent to the other session, and it is the other that has ended.
                Keys = state.Keys.Clear(),
                Outcome = null,
            },
            SessionReset reset => Clear(state, reset),
            SessionMarked marked => state with { Outcome = marked.Outcome },
            PolicyChanged changed => state with { Policy = changed.Policy },
            ConstraintAdded added => state with
            {
                Constraints = state.Constraints.Add(
                    new(added.Id, added.Text, added.IsNonNegotiable, state.NextTurnNumber)
                ),
            },
            ConstraintWithdrawn withdrawn => Withdraw(state, withdrawn.Id),
            MemoryChanged changed => state with
            {
                Memory = state.Memory.Add(new(state.NextTurnNumber, changed.Kind, changed.Name, changed.Value)),
            },
            ExchangesRecalled found => found.Exchanges.Contains(null)
                ? throw Damaged(state, "an exchange that was found is null")
                : state.With(found),
            BudgetTripped tripped => state with
            {
                Tripped = tripped,
                EscalatedTo = tripped.EscalatesTo ?? state.EscalatedTo,
                BeforeEscalation = tripped.EscalatesTo is null ? state.BeforeEscalation : state.Totals,
            },
            ArtefactMade made => state with
            {
                Artefacts = state.Artefacts.SetItem(made.Artefact.Key, made.Artefact),
                Totals = state.Totals.Plus(made.Artefact),
            },
            SessionResumed or ContextCompressed => state,
            SessionEvent turn => TurnFold.Apply(state, turn, next),
        };
        return folded with { Version = next.Version, UpdatedAt = next.At };
    }

    internal static MttException Damaged(SessionState state, string what) =>
        new($"session {state.Id}: the log is damaged: {what}", "Restore the store from a backup.");

    private static SessionState Begin(SessionState state, SessionCreated created, DateTimeOffset at) =>
        state with
        {
            CreatedAt = at,
            User = created.User,
            SharesMemory = created.SharesMemory,
            Tools = created.Tools,
            Metadata = created.Metadata,
            Model = created.Model,
            Policy = created.Policy,
            Opening = created.Messages.Count,
            Messages = [.. created.Messages.Select(json => new SessionMessage(json, at))],
        };

    private static SessionState Clear(SessionState state, SessionReset reset)
    {
        SessionState cleared = state with
        {
            Past = state.Past is null ? null : new SessionPast(state.Opening, 0, 0),
            Recalled = [],
            Messages = state.Messages.RemoveRange(state.Opening, state.Messages.Count - state.Opening),
            Turns = state.Turns.ConvertAll(turn => turn.IsActive ? turn with { Status = TurnStatus.RolledBack } : turn),
        };
        return reset.KeepsConstraints
            ? cleared with
            {
                Constraints = cleared.Constraints.ConvertAll(constraint => constraint with { From = 0 }),
                Memory = cleared.Memory.ConvertAll(entry => entry with { Turn = 0 }),
            }
            : cleared with
            {
                Constraints = [],
                Memory = [],
            };
    }

    // A copy is of what was said, not of what is being said: whoever answers the pending turn answers it in the other session.
    private static SessionState Drop(SessionState state, TurnStatus status) =>
        state.Pending is { } pending
            ? state with
            {
                Pending = null,
                Turns = state.Turns.SetItem(
                    state.TurnPlaces[pending],
                    state.FindTurn(pending)! with
                    {
                        Status = status,
                        Reason = "fork",
                    }
                ),
            }
            : state;

    private static SessionState Withdraw(SessionState state, string id)
    {
        int place = state.Constraints.FindIndex(constraint => constraint.Id == id && constraint.Until is null);
        return place < 0
            ? throw Damaged(state, $"constraint {id} is withdrawn and was not in force")
            : state with
            {
                Constraints = state.Constraints.SetItem(
                    place,
                    state.Constraints[place] with
                    {
                        Until = state.NextTurnNumber,
                    }
                ),
            };
    }
}

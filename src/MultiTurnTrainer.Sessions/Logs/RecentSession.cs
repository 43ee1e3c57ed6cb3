using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>Where the plans of a session's prompts stood before one of its turns: from there the next prompt is planned.</summary>
/// <param name="Key">Names policy, counter and tools: under others the plans begin anew.</param>
/// <param name="State">Where they stood.</param>
/// <param name="KeptFactsOnly">Whether a step had shortened the summary to key facts.</param>
public sealed record SessionPlan(string Key, PlanState State, bool KeptFactsOnly);

/// <summary>
/// A session as turns need it: its state, maybe in short form, and the plans of its prompts. As long as the window of its policy, however
/// long the session is.
/// </summary>
/// <param name="State">The state.</param>
/// <param name="Plan">The plans; null where none was saved, or what they were made of has changed.</param>
/// <param name="SnapshotVersion">The version of the newest snapshot; 0 for none.</param>
public sealed record RecentSession(SessionState State, SessionPlan? Plan = null, long SnapshotVersion = 0)
{
    // A snapshot is as long as the window: written so seldom, all of them cost little beside the events.
    private const int EventsBetweenSnapshots = 32;

    // What may still be acknowledged or answered anew without looking further back.
    private const int TurnsAtHand = 8;

    /// <summary>Whether the end of the next turn is followed by a snapshot: its plans should be saved before it.</summary>
    public bool IsSnapshotNear => IsDue(State.Version + 2) || (!State.IsWhole && !HasPlan);

    private bool HasPlan => Plan is not null && State.Holds(Plan.State.Leading, Plan.State.From);

    /// <summary>Bytes of JSON that it was read from.</summary>
    internal long Size { get; init; }

    /// <summary>The session after some more events.</summary>
    /// <exception cref="PastNeededException">They are about what is left out.</exception>
    internal RecentSession After(IReadOnlyList<LoggedEvent> events, long size)
    {
        (SessionState state, SessionPlan? plan) = (State, Plan);
        foreach (LoggedEvent next in events)
        {
            plan = TurnFold.ChangesFrom(state, next.Event) < plan?.State.Count ? null : plan;
            state = SessionFold.Apply(state, next);
        }

        return this with
        {
            State = state,
            Plan = plan,
            Size = Size + size,
        };
    }

    /// <summary>The session with its state in another form, the size as the messages say.</summary>
    internal RecentSession With(SessionState state) =>
        this with
        {
            State = state,
            Size = Size * (1 + state.Messages.Count) / (1 + State.Messages.Count),
        };

    /// <summary>The session in short form, to be kept in place of its events; null where none is due.</summary>
    /// <param name="plan">Plans that were saved for it; null keeps those that are known.</param>
    internal RecentSession? Compress(SessionPlan? plan)
    {
        // Whoever compares vectors needs the whole log, where they are.
        if (State.Pending is not null || (plan is null && !IsDue(State.Version)) || State.HasVectors)
        {
            return null;
        }

        SessionPlan? known = plan ?? (HasPlan ? Plan : null);
        SessionState state = State.Shortened(
            known?.State.Leading ?? 0,
            known?.State.From ?? State.MessageCount,
            TurnsAtHand
        );
        return With(state) with { Plan = known, SnapshotVersion = State.Version };
    }

    private bool IsDue(long version) => version - SnapshotVersion >= EventsBetweenSnapshots;
}

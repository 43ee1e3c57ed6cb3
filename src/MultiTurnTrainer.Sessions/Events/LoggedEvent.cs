namespace MultiTurnTrainer.Sessions.Events;

/// <summary>An event in its place.</summary>
/// <param name="Version">The session's version with it, from 1.</param>
/// <param name="At">When it happened; never before the event before it, whatever the clock says.</param>
/// <param name="Event">What happened.</param>
public sealed record LoggedEvent(long Version, DateTimeOffset At, SessionEvent Event);

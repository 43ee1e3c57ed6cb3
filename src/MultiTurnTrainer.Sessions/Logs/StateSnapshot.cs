using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>Sessions in short form. A snapshot that cannot be read is passed over: the events say everything.</summary>
internal static class StateSnapshot
{
    // Raise it when the fold or the planning gives something else for the same events.
    private const int Format = 3;

    public static StoredSnapshot Of(RecentSession session) =>
        new(session.State.Version, RecordJson.ToLine(new Body(Format, session.State, session.Plan)));

    public static RecentSession? TryRead(StoredSnapshot snapshot)
    {
        try
        {
            Body body = RecordJson.Read<Body>(snapshot.Data.Span);
            return body.Format == Format && body.State.Version == snapshot.Version
                ? new RecentSession(body.State, body.Plan, snapshot.Version) { Size = snapshot.Data.Length }
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private sealed record Body(int Format, SessionState State, SessionPlan? Plan = null);
}

using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>States in short form. A snapshot that cannot be read is passed over: the events say everything.</summary>
internal static class StateSnapshot
{
    // Raise it when the fold gives another state for the same events.
    private const int Format = 1;

    // A snapshot is as long as the session: written at rising distances, all of them together cost a few times the last one.
    private const int Least = 64;

    /// <summary>Whether the versions from one to the other pass a place where a snapshot is kept.</summary>
    public static bool IsDue(long before, long after)
    {
        long due = Least;
        while (due <= before)
        {
            due += Math.Max(Least, due / 4);
        }

        return due <= after;
    }

    public static StoredSnapshot Of(SessionState state) =>
        new(state.Version, RecordJson.ToLine(new Body(Format, state)));

    public static SessionState? TryRead(StoredSnapshot snapshot)
    {
        try
        {
            Body body = RecordJson.Read<Body>(snapshot.Data.Span);
            return body.Format == Format && body.State.Version == snapshot.Version ? body.State : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private sealed record Body(int Format, SessionState State);
}

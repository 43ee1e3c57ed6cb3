using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Turns;

/// <summary>
/// The memory that sessions of one user share if they ask for it: a log of its own, under a name that no client can say. A session
/// that takes part begins with a copy, so that its own log alone says what its prompts held.
/// </summary>
/// <param name="log">The sessions.</param>
internal sealed class UserMemory(SessionLog log)
{
    // No id of a session has a full stop.
    private const string Prefix = "user.";

    /// <summary>Whether a stored log is a user's memory.</summary>
    public static bool IsMemory(string id) => !SessionIds.IsValid(id);

    /// <summary>What a user's sessions share, as events of a new session.</summary>
    public async Task<IReadOnlyList<SessionEvent>> ReadAsync(string tenant, string user, CancellationToken cancellation)
    {
        try
        {
            SessionState memory = await log.LoadAsync(KeyOf(tenant, user), cancellation).ConfigureAwait(false);
            return
            [
                .. memory
                    .CurrentMemory()
                    .Select(entry => new MemoryChanged(entry.Kind, entry.Name, entry.Value, FromUser: true)),
            ];
        }
        catch (SessionNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Adds to what a user's sessions share.</summary>
    public async Task AddAsync(string tenant, string user, MemoryChanged changed, CancellationToken cancellation)
    {
        LoggedEvent first = new(1, log.Now, new SessionCreated([], User: user));
        await log.TryCreateAsync(KeyOf(tenant, user), [first], cancellation).ConfigureAwait(false);
        await log.ChangeAsync(KeyOf(tenant, user), _ => [changed], cancellation).ConfigureAwait(false);
    }

    /// <summary>The log that keeps what a user's sessions share.</summary>
    public static SessionKey KeyOf(string tenant, string user) =>
        new(tenant, Prefix + ContentHash.Of(Encoding.UTF8.GetBytes(user)));
}

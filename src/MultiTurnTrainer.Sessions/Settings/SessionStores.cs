using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Settings;

/// <summary>Opens the store that settings or <c>--store</c> name.</summary>
public static class SessionStores
{
    private const string Sqlite = "sqlite:";
    private const string Memory = "memory";

    /// <summary>The file where nothing else is named: <c>mtt/sessions.db</c> in the user's data folder.</summary>
    public static string DefaultPath =>
        Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            "mtt",
            "sessions.db"
        );

    /// <summary>Opens a store.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="named">What <c>--store</c> says: <c>sqlite:FILE</c> or <c>memory</c>; null for nothing.</param>
    /// <param name="isServer">Whether this process serves the sessions: only one may at a time.</param>
    /// <exception cref="MttException">There is no such kind of store, or it cannot be opened.</exception>
    public static ISessionStore Open(SessionStoreSettings settings, string? named, bool isServer)
    {
        return FileOf(settings, named) is { } path ? SqliteSessionStore.Open(path, isServer) : new MemorySessionStore();
    }

    /// <summary>The file of a store; null for one in memory.</summary>
    /// <exception cref="MttException">There is no such kind of store.</exception>
    public static string? FileOf(SessionStoreSettings settings, string? named)
    {
        if (named is null)
        {
            return settings.Type == SessionStoreType.Memory ? null : settings.Path ?? DefaultPath;
        }

        return named == Memory ? null
            : named.StartsWith(Sqlite, StringComparison.Ordinal) && named.Length > Sqlite.Length
                ? named[Sqlite.Length..]
            : throw new MttException(
                Printable.Of($"--store {named}: is no store"),
                "Give sqlite:FILE, or memory for one that is gone with the process."
            );
    }
}

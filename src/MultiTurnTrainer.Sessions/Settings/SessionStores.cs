using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Hot;
using MultiTurnTrainer.Sessions.Stores.Postgres;

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
    /// <param name="named">What <c>--store</c> says: <c>sqlite:FILE</c>, <c>postgres://…</c> or <c>memory</c>; null for nothing.</param>
    /// <param name="hot">What <c>--hot</c> says: <c>redis://…</c>; null for nothing.</param>
    /// <param name="isServer">Whether this process serves the sessions: only one may at a time, but for PostgreSQL.</param>
    /// <exception cref="MttException">There is no such kind of store, or it cannot be opened.</exception>
    public static ISessionStore Open(SessionStoreSettings settings, string? named, string? hot, bool isServer)
    {
        RedisHotTier? tier = (hot ?? settings.Hot) is { } url
            ? RedisHotTier.Open(url, settings.KeyPrefix, TimeSpan.FromMinutes(settings.HotMinutes))
            : null;
        ISessionStore durable =
            UrlOf(settings, named) is { } database ? PostgresSessionStore.Open(database, isServer)
            : FileOf(settings, named) is { } path ? SqliteSessionStore.Open(path, isServer)
            : new MemorySessionStore();
        return tier is null ? durable : new HybridSessionStore(durable, tier);
    }

    /// <summary>The file of a store; null for one that has none.</summary>
    /// <exception cref="MttException">There is no such kind of store.</exception>
    public static string? FileOf(SessionStoreSettings settings, string? named)
    {
        if (named is null)
        {
            return settings.Type == SessionStoreType.Sqlite ? settings.Path ?? DefaultPath : null;
        }

        return named == Memory || PostgresUrl.Is(named) ? null
            : named.StartsWith(Sqlite, StringComparison.Ordinal) && named.Length > Sqlite.Length
                ? named[Sqlite.Length..]
            : throw new MttException(
                Printable.Of($"--store {named.Split("://")[0]}: is no store"),
                "Give sqlite:FILE, postgres://USER@HOST/DATABASE, or memory for one that is gone with the process."
            );
    }

    private static string? UrlOf(SessionStoreSettings settings, string? named)
    {
        if (named is not null)
        {
            return PostgresUrl.Is(named) ? named : null;
        }

        return settings.Type != SessionStoreType.Postgres
            ? null
            : settings.Url
                ?? throw new MttException(
                    "sessions.store.url: is missing",
                    "Give postgres://USER@HOST:PORT/DATABASE; the password is read from PGPASSWORD."
                );
    }
}

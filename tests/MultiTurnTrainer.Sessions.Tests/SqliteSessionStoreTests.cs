using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class SqliteSessionStoreTests : SessionStoreConformance, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override ISessionStore Open() =>
        SqliteSessionStore.Open(Path.Combine(_folder.Path, "sessions.db"), isServer: true);
}

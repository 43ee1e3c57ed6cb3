using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Tests;

public class MemorySessionStoreTests : SessionStoreConformance
{
    protected override ISessionStore Open() => new MemorySessionStore();
}

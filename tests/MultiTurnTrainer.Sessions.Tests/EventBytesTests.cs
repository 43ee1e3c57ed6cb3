using System.Text;
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using static System.FormattableString;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>Vectors of a session are kept beside its events, in the store's own table, and found again with them.</summary>
public class EventBytesTests
{
    [Fact]
    public async Task Change_WithVectors_KeepsThemBesideTheEventsAndFindsThemAgain()
    {
        await using MemorySessionStore store = new();
        SessionLog log = new(store, TimeProvider.System);
        SessionState state = await log.CreateAsync("a", [new SessionCreated([])]);
        for (int i = 0; i < 50; i++)
        {
            ArtefactMade made = new(Embedding(i));
            state = await log.ChangeAsync(state.Key, _ => [made]);
        }

        SessionRead read = (await store.ReadAsync(state.Key, useSnapshot: true))!;
        Assert.Equal(51, read.Events.Count);
        Assert.All(
            read.Events.Skip(1),
            (stored, i) =>
            {
                Assert.Equal(Embedding(i).Vector, stored.Vector.ToArray());
                Assert.DoesNotContain(
                    Convert.ToBase64String(Embedding(i).Vector!),
                    Encoding.UTF8.GetString(stored.Data.Span),
                    StringComparison.Ordinal
                );
            }
        );
        SessionState again = await new SessionLog(store, TimeProvider.System).LoadAsync(state.Key);
        Assert.Equal(50, again.Artefacts.Count);
        Assert.Equal(Embedding(7).Vector, again.Artefacts["key 7"].Vector);
    }

    private static Artefact Embedding(int i) =>
        new(Invariant($"key {i}"), ArtefactKind.Embedding, "model", "prompt", "sources")
        {
            Vector = Artefact.Pack([i, 1.5f, -2]),
        };
}

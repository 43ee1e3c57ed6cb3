using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Tests;

/// <summary>Mutated rows of a store: a session, or an error that says that the log is damaged.</summary>
public class LogFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _rows =
    [
        """
            session_created {"messages":[{"role":"system","content":"s"}],"tools":[{"type":"function"}],"metadata":{"a":1},"user":"u","policy":{"fingerprint":"f","text":"t"}}
            turn_begun {"turn":"t1","messages":[{"role":"user","content":"a"}]}
            turn_checkpointed {"turn":"t1","messages":[{"role":"assistant","content":"b"}]}
            turn_committed {"turn":"t1","messages":[{"role":"assistant","content":"b"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}
            turn_acknowledged {"turn":"t1"}
            """,
        """
            session_created {"messages":[]}
            constraint_added {"id":"c","text":"x","is_non_negotiable":true}
            memory_changed {"kind":"user","name":"n","value":"v"}
            exchanges_recalled {"turn":0,"exchanges":[{"turn":2,"messages":[],"text":"User: a","date":"2026-01-01T00:00:00Z","session":"s"}]}
            turn_begun {"turn":"t1","messages":[{"role":"user","content":"a"}]}
            turn_interrupted {"turn":"t1","reason":"x"}
            turn_edited {"turn":"t9","replaces":"t1","answer":{"role":"assistant","content":"x"}}
            turn_rolled_back {"turn":"t1"}
            constraint_withdrawn {"id":"c"}
            session_marked {"outcome":"resolved","is_first_contact":true}
            budget_tripped {"which":"tokens","spent":1,"limit":2}
            session_reset {"keeps_constraints":false}
            session_resumed {"reason":"restart"}
            """,
    ];

    [Fact]
    public void Load_MutatedRows_AreASessionOrADamagedLog() =>
        Fuzz.Run(
            "session-rows",
            3000,
            random => Fuzz.Mutate(random, _rows),
            bytes =>
            {
                MemorySessionStore store = new();
                List<StoredEvent> events = [];
                foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
                {
                    string[] parts = line.Trim().Split(' ', 2);
                    byte[] data = Encoding.UTF8.GetBytes(parts.Length == 2 ? parts[1] : "");
                    events.Add(new StoredEvent(events.Count + 1, DateTimeOffset.UnixEpoch, parts[0], data));
                }

                DateTimeOffset at = DateTimeOffset.UnixEpoch;
                SessionKey key = new("t", "s");
                store.CreateAsync(new(key, events.Count, at, at), events).GetAwaiter().GetResult();
                store.WriteSnapshotAsync(key, new StoredSnapshot(events.Count, bytes)).GetAwaiter().GetResult();
                try
                {
                    new SessionLog(store, TimeProvider.System).LoadAsync(key).GetAwaiter().GetResult();
                }
                catch (MttException problem)
                {
                    Assert.Contains("log", problem.Message, StringComparison.Ordinal);
                }
            },
            output.WriteLine
        );
}

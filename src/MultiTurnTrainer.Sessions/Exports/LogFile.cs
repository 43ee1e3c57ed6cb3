using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Exports;

/// <summary>Whole logs as JSON lines, one event a line, to be moved into another store.</summary>
public static class LogFile
{
    private const int MostEvents = 1_000_000;

    /// <summary>Writes a session's log.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="session">The session.</param>
    /// <param name="events">Its events.</param>
    public static void Write(Stream output, string session, IReadOnlyList<LoggedEvent> events)
    {
        foreach (LoggedEvent logged in events)
        {
            JsonText.WriteLine(
                output,
                new JsonFields
                {
                    ["session"] = session,
                    ["version"] = logged.Version,
                    ["at"] = logged.At.ToString("O", CultureInfo.InvariantCulture),
                    ["kind"] = EventJson.KindOf(logged.Event),
                    ["event"] = JsonView.Parse(EventJson.Write(logged.Event)),
                }
            );
        }
    }

    /// <summary>Brings the logs of a file into a store, each session whole or not at all.</summary>
    /// <param name="log">The store.</param>
    /// <param name="tenant">Whose they become.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Stops between two sessions.</param>
    /// <returns>How many were brought in, and the ids that were there already.</returns>
    /// <exception cref="MttException">A line is no event, or events do not follow one another.</exception>
    public static async Task<(int Added, IReadOnlyList<string> Known)> ImportAsync(
        SessionLog log,
        string tenant,
        string path,
        CancellationToken cancellation = default
    )
    {
        int added = 0;
        List<string> known = [];
        foreach ((string id, IReadOnlyList<LoggedEvent> events) in Read(path))
        {
            cancellation.ThrowIfCancellationRequested();
            if (
                await log.TryCreateAsync(new SessionKey(tenant, id), events, cancellation).ConfigureAwait(false) is null
            )
            {
                known.Add(id);
            }
            else
            {
                added++;
            }
        }

        return (added, known);
    }

    /// <summary>Whether a first line is that of logs.</summary>
    public static bool IsHeader(string line) =>
        JsonText.TryReadTexts(line, out Dictionary<string, string>? texts)
        && texts?.GetValueOrDefault("kind") == EventJson.KindOf(new SessionCreated([]))
        && texts.ContainsKey("session");

    /// <summary>The sessions of a file as they are after their last event.</summary>
    /// <exception cref="MttException">A line is no event, or events do not follow one another.</exception>
    public static IEnumerable<SessionState> States(string path) =>
        Read(path)
            .Select(session => SessionFold.Apply(SessionFold.Empty(new SessionKey("", session.Id)), session.Events));

    /// <summary>The sessions of a file with their events, one after the other.</summary>
    /// <exception cref="MttException">A line is no event, or events do not follow one another.</exception>
    public static IEnumerable<(string Id, IReadOnlyList<LoggedEvent> Events)> Read(string path)
    {
        string? id = null;
        List<LoggedEvent> events = [];
        using InputLines lines = InputLines.Open(path, "Give logs that mtt sessions export --log wrote.");
        for (int number = 1; lines.ReadLine() is { } line; number++)
        {
            (string session, LoggedEvent logged) = Parse(path, number, line);
            if (session != id && id is not null)
            {
                yield return (id, events);
                events = [];
            }

            id = session;
            events.Add(logged);
            if (logged.Version != events.Count || events.Count > MostEvents)
            {
                throw Bad(path, number, Invariant($"version {logged.Version} where {events.Count} comes next"));
            }
        }

        if (id is not null)
        {
            yield return (id, events);
        }
    }

    private static (string Session, LoggedEvent Logged) Parse(string path, int number, string line)
    {
        try
        {
            Line read = RecordJson.Read<Line>(line);
            return SessionIds.IsValid(read.Session)
                ? (
                    read.Session,
                    new LoggedEvent(
                        read.Version,
                        read.At.ToUniversalTime(),
                        EventJson.Read(read.Kind, read.Event.RawUtf8)
                    )
                )
                : throw Bad(path, number, "session: is no id of a session");
        }
        catch (FormatException problem)
        {
            throw Bad(path, number, problem.Message);
        }
    }

    private static MttException Bad(string path, int number, string what) =>
        new(Printable.Of($"{path}:{number}: {what}"), "Give logs that mtt sessions export wrote, unchanged.");

    private sealed record Line(string Session, long Version, DateTimeOffset At, string Kind, JsonView Event);
}

using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Contexts;

/// <summary>What a session has beside its messages, as the <c>metadata</c> of a row: so training sees it as it was served.</summary>
internal static class SessionSource
{
    /// <summary>Constraints, memory and times of a session.</summary>
    /// <param name="state">The session.</param>
    /// <param name="now">The time of messages that are about to be added.</param>
    /// <param name="added">How many of those there are.</param>
    public static JsonObject Metadata(SessionState state, DateTimeOffset now, int added)
    {
        JsonArray changes = [];
        foreach (SessionConstraint constraint in state.Constraints)
        {
            changes.Add(Change(constraint.From, $"constraint {constraint.Id}", constraint.Text));
            if (constraint.Until is { } until)
            {
                changes.Add(Change(until, $"constraint {constraint.Id}", ""));
            }
        }

        foreach (MemoryEntry entry in state.Memory)
        {
            string name = entry.Kind == MemoryKind.State ? entry.Name : $"{entry.Kind} {entry.Name}".ToLowerInvariant();
            changes.Add(Change(entry.Turn, name, entry.Value ?? ""));
        }

        IEnumerable<DateTimeOffset> times = state
            .Messages.Select(message => message.At)
            .Concat(Enumerable.Repeat(now, added));
        return new JsonObject
        {
            ["state"] = changes,
            ["timestamps"] = new JsonArray([.. times.Select(time => (JsonNode)time.ToString("O"))]),
        };
    }

    /// <summary>A session as a row of data.</summary>
    public static JsonObject Row(SessionState state, DateTimeOffset now)
    {
        JsonObject metadata = Metadata(state, now, 0);
        metadata["policy"] = state.Policy?.Fingerprint;
        JsonObject row = new()
        {
            ["id"] = state.Id,
            ["messages"] = new JsonArray([.. state.Messages.Select(message => Json.Node(message.Json))]),
            ["metadata"] = metadata,
        };
        if (state.Tools is { } tools)
        {
            row["tools"] = Json.Node(tools);
        }

        return row;
    }

    private static JsonNode Change(int turn, string name, string value) =>
        new JsonObject
        {
            ["turn"] = turn,
            ["name"] = name,
            ["value"] = value,
        };
}

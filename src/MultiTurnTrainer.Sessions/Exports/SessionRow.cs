// Folder Exports: sessions as rows of training data, and whole logs as files.
// Refuses to know: how rows are rendered or trained.
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Exports;

/// <summary>
/// A session as a canonical conversation. What the session has beside its messages stands in <c>metadata</c> where the context policy
/// reads it, so that training plans the prompts that were served.
/// </summary>
public static class SessionRow
{
    /// <summary>The row of a session.</summary>
    /// <param name="state">The session.</param>
    public static JsonView Of(SessionState state)
    {
        JsonFields metadata = Metadata(state, state.UpdatedAt, 0);
        metadata.AddPresent("policy", state.Policy?.Fingerprint);
        metadata["session"] = new JsonFields { ["version"] = state.Version }
            .AddPresent("model", state.Model)
            .AddPresent("forked_from", state.ForkedFrom?.Parent)
            .AddPresent("client", state.Metadata);
        metadata["turns"] = Turns(state);
        JsonFields row = new() { ["id"] = state.Id, ["messages"] = Messages(state) };
        row.AddPresent("tools", state.Tools);
        row["metadata"] = metadata;
        return JsonText.ToView(row);
    }

    /// <summary>What the policy reads of a row beside its messages: <c>state</c> and <c>timestamps</c>.</summary>
    /// <param name="state">The session.</param>
    /// <param name="now">The time of messages that are about to be added.</param>
    /// <param name="added">How many of those there are.</param>
    public static JsonFields Metadata(SessionState state, DateTimeOffset now, int added) =>
        new()
        {
            ["state"] = Changes(state).ToArray(),
            ["timestamps"] = state
                .Messages.Select(message => message.At)
                .Concat(Enumerable.Repeat(now, added))
                .Select(time => time.ToString("O", CultureInfo.InvariantCulture))
                .ToArray(),
        };

    private static IEnumerable<JsonFields> Changes(SessionState state)
    {
        foreach (SessionConstraint constraint in state.Constraints)
        {
            yield return Change(constraint.From, $"constraint {constraint.Id}", constraint.Text);
            if (constraint.Until is { } until)
            {
                yield return Change(until, $"constraint {constraint.Id}", "");
            }
        }

        foreach (MemoryEntry entry in state.Memory)
        {
            string name =
                entry.Kind == MemoryKind.State ? entry.Name : $"{Naming.SnakeCase(entry.Kind.ToString())} {entry.Name}";
            yield return Change(entry.Turn, name, entry.Value ?? "");
        }
    }

    private static JsonFields Change(int turn, string name, string value) =>
        new()
        {
            ["turn"] = turn,
            ["name"] = name,
            ["value"] = value,
        };

    // An answer that broke off, or was cut at its longest, is read and not learned: else a model learns to stop there.
    private static object[] Messages(SessionState state) =>
        [
            .. state.Messages.Select(message =>
                IsCut(state, message) && message.Json.Kind == JsonKind.Object
                    ? (object)Unlearned(message.Json)
                    : message.Json
            ),
        ];

    private static bool IsCut(SessionState state, SessionMessage message) =>
        SessionState.RoleOf(message.Json) == "assistant"
        && message.Turn is { } id
        && state.FindTurn(id) is { } turn
        && (turn.Status == TurnStatus.Acknowledged || turn.Info?.FinishReason is "length" or "content_filter")
        && IsAnswer(message, turn);

    private static bool IsAnswer(SessionMessage message, SessionTurn turn) =>
        turn.Answer is { } answer && JsonView.DeepEquals(message.Json, answer);

    private static JsonFields Unlearned(JsonView message)
    {
        JsonFields fields = [];
        foreach (JsonMember field in message.EnumerateObject())
        {
            fields[field.Name] = field.Value;
        }

        fields["weight"] = 0;
        return fields;
    }

    /// <summary>What became of every turn; of those outside the conversation too, without their words.</summary>
    private static JsonFields[] Turns(SessionState state)
    {
        Dictionary<string, int> answers = [];
        foreach ((SessionMessage message, int i) in state.Messages.Select((message, i) => (message, i)))
        {
            answers[message.Turn ?? ""] = i;
        }

        return
        [
            .. state.Turns.Select(turn =>
                new JsonFields { ["id"] = turn.Id, ["outcome"] = Naming.SnakeCase(turn.Status.ToString()) }
                    .AddPresent("answer", turn.IsActive && answers.TryGetValue(turn.Id, out int place) ? place : null)
                    .AddPresent("participant", turn.Participant)
                    .AddPresent("reason", turn.Reason)
                    .AddPresent("replaces", turn.Replaces)
                    .AddPresent("edit", turn.IsEdit ? true : null)
                    .AddPresent("model", turn.Info?.Model)
                    .AddPresent("finish_reason", turn.Info?.FinishReason)
                    .AddPresent("prompt_tokens", turn.Info?.PromptTokens)
                    .AddPresent("prompt_hash", turn.Info?.PromptHash)
                    .AddPresent("prompt_ids", turn.Info?.PromptIds)
            ),
        ];
    }
}

// Folder Exports: sessions as rows of training data, and whole logs as files.
// Refuses to know: how rows are rendered or trained.
using MultiTurnTrainer.Context.Planning;
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
    /// <param name="state">The session, whole.</param>
    public static JsonView Of(SessionState state)
    {
        JsonFields metadata = Metadata(state, state.Messages.Select(message => message.At));
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

    /// <summary>
    /// What the prompts of a session are planned from, as <see cref="ContextAssembler"/> takes it: tools, state and times, and the messages that
    /// saved plans still need.
    /// </summary>
    /// <param name="state">The session.</param>
    /// <param name="plan">The saved plans; null plans from the first message on.</param>
    /// <param name="tools">The tools; null for none.</param>
    /// <param name="until">How many messages of the conversation count.</param>
    /// <param name="added">How many are about to be added behind those.</param>
    /// <param name="now">The time of those.</param>
    public static JsonView Source(
        SessionState state,
        PlanState? plan,
        JsonView? tools,
        int until,
        int added,
        DateTimeOffset now
    )
    {
        int from = plan?.From ?? 0;
        IEnumerable<int> needed = plan is null
            ? []
            : Enumerable.Range(0, plan.Leading).Concat(Enumerable.Range(from, plan.Count - from));
        JsonFields row = new() { ["messages"] = needed.Select(place => state.MessageAt(place).Json).ToArray() };
        row.AddPresent("tools", tools);
        row["metadata"] = Metadata(
            state,
            Enumerable
                .Range(from, until - from)
                .Select(place => state.MessageAt(place).At)
                .Concat(Enumerable.Repeat(now, added))
        );
        return JsonText.ToView(row);
    }

    // What the policy reads of a row beside its messages.
    private static JsonFields Metadata(SessionState state, IEnumerable<DateTimeOffset> times) =>
        new JsonFields { ["state"] = Changes(state).ToArray(), ["timestamps"] = times.Select(Written).ToArray() }
            .AddPresent("artefacts", Artefacts(state))
            .AddPresent("recalled", state.Recalled.IsEmpty ? null : state.Recalled.Select(Recalled).ToArray());

    private static object? Artefacts(SessionState state) =>
        state.Artefacts.IsEmpty
            ? null
            : state
                .Artefacts.Values.OrderBy(artefact => artefact.Key, StringComparer.Ordinal)
                .Select(RecordJson.ToValue)
                .ToArray();

    private static JsonFields Recalled(RecalledExchange recalled) =>
        new JsonFields
        {
            ["turn"] = recalled.For,
            ["text"] = recalled.Exchange.Text,
            ["session"] = recalled.Exchange.Session,
            ["session_turn"] = recalled.Exchange.Turn,
        }.AddPresent("at", recalled.Exchange.Date is { } date ? Written(date) : null);

    private static string Written(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

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

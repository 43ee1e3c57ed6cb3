using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Contexts;

/// <summary>
/// The prompts of sessions. What was planned for a session's newest version goes on from there; anything else is planned
/// anew from the record, which gives the same prompt. Safe for several threads; a session is used by one at a time.
/// </summary>
/// <param name="policy">The policy.</param>
/// <param name="time">The clock.</param>
internal sealed class SessionContexts(ServedPolicy policy, TimeProvider time)
{
    private const int MostKept = 4096;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string, string), LinkedListNode<Kept>> _byId = [];
    private readonly LinkedList<Kept> _kept = [];

    /// <summary>The prompt for new messages of a session.</summary>
    /// <param name="state">The session.</param>
    /// <param name="added">The new messages; none where the record itself is to be looked at.</param>
    /// <param name="tools">The tools of this call; null takes the session's.</param>
    /// <param name="until">How many messages of the record come before the new ones; null for all.</param>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public PromptContext Open(SessionState state, IReadOnlyList<JsonView> added, JsonView? tools, int? until = null)
    {
        PromptContext context =
            (until is null && tools is null ? Take(state) : null) ?? Rebuild(state, added.Count, tools, until);
        foreach (JsonView message in added)
        {
            context.Append(Json.Node(message));
        }

        return context;
    }

    /// <summary>Keeps what a turn ended with, for the next.</summary>
    /// <param name="state">The session with the turn.</param>
    /// <param name="context">Its prompts, the answer appended.</param>
    public void Keep(SessionState state, PromptContext context)
    {
        if (context.Count != state.Messages.Count)
        {
            return;
        }

        lock (_lock)
        {
            Remove((state.Tenant, state.Id));
            _byId[(state.Tenant, state.Id)] = _kept.AddFirst(new Kept(state.Tenant, state.Id, state.Version, context));
            if (_kept.Count > MostKept)
            {
                Remove((_kept.Last!.Value.Tenant, _kept.Last.Value.Id));
            }
        }
    }

    /// <summary>Forgets a session.</summary>
    public void Forget(string tenant, string id)
    {
        lock (_lock)
        {
            Remove((tenant, id));
        }
    }

    private PromptContext? Take(SessionState state)
    {
        lock (_lock)
        {
            // A context is changed by going on with it: whoever takes it has it alone.
            Kept? kept = Remove((state.Tenant, state.Id));
            return kept is not null && kept.Version == state.Version && !WasPaused(state) ? kept.Context : null;
        }
    }

    private bool WasPaused(SessionState state) =>
        policy.Policy.Session.RefreshAfterDays is var days
        && days > 0
        && (time.GetUtcNow() - state.UpdatedAt).TotalDays >= days;

    private PromptContext Rebuild(SessionState state, int added, JsonView? tools, int? until)
    {
        JsonView? declared = tools ?? state.Tools;
        PromptContext context = policy.Open(declared is { } list ? Json.Node(list) : null, Metadata(state, added));
        foreach (SessionMessage message in state.Messages.Take(until ?? int.MaxValue))
        {
            if (
                SessionRoles.IsAssistant(message.Json)
                && message.Turn is { } turn
                && state.FindTurn(turn)?.Info is { } info
            )
            {
                context.Correct((int)info.PromptTokens);
            }

            context.Append(Json.Node(message.Json));
        }

        return context;
    }

    private JsonNode Metadata(SessionState state, int added) =>
        JsonNode.Parse(JsonText.Line(SessionRow.Metadata(state, time.GetUtcNow(), added)))!;

    private Kept? Remove((string, string) id)
    {
        if (!_byId.Remove(id, out LinkedListNode<Kept>? node))
        {
            return null;
        }

        _kept.Remove(node);
        return node.Value;
    }

    private sealed record Kept(string Tenant, string Id, long Version, PromptContext Context);
}

/// <summary>Roles of canonical messages.</summary>
internal static class SessionRoles
{
    public static bool IsAssistant(JsonView message) => Of(message) == "assistant";

    public static string? Of(JsonView message) =>
        message.TryGetProperty("role", out JsonView role) && role.Kind == JsonKind.String ? role.GetString() : null;
}

using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>
/// Which messages of a request a session does not have yet. Clients that keep the list themselves send all of it: where it
/// begins as the record does, only the rest is new.
/// </summary>
internal static class NewMessages
{
    /// <summary>Whether a list may be all that a client knows: to tell, the whole record is needed.</summary>
    public static bool MayRepeat(SessionState state, IReadOnlyList<JsonFields> messages) =>
        messages.Count > state.MessageCount - (state.Past?.After ?? 0);

    /// <exception cref="ApiException">None is new, or what is new does not end with something to answer.</exception>
    public static IReadOnlyList<JsonView> Of(SessionState state, IReadOnlyList<JsonFields> messages)
    {
        JsonView[] all = [.. messages.Select(message => JsonText.ToView(message))];
        int known = Known(state, all);
        JsonView[] added = all[known..];
        if (added.Length == 0 || SessionRoles.IsAssistant(added[^1]))
        {
            throw ApiException.Invalid("messages", "the last message must be new and not the assistant's");
        }

        // Answers of the record are the server's: only a session without any may begin with some.
        if (state.MessageCount > state.Opening && added.Any(SessionRoles.IsAssistant))
        {
            throw new ApiException(
                409,
                "history_differs",
                "The answers in messages are not those of the session; send only what is new, or fork the session."
            )
            {
                Param = "messages",
            };
        }

        return added;
    }

    private static int Known(SessionState state, JsonView[] all)
    {
        if (!state.IsWhole)
        {
            return 0;
        }

        int count = state.Messages.Count;
        if (
            count > 0
            && all.Length > count
            && Enumerable.Range(0, count).All(i => IsSame(state.Messages[i].Json, all[i]))
        )
        {
            return count;
        }

        // A list without the system prompt that the session has.
        int system = state
            .Messages.TakeWhile(message => SessionRoles.Of(message.Json) is "system" or "developer")
            .Count();
        int rest = count - system;
        return
            system > 0
            && rest > 0
            && all.Length > rest
            && Enumerable.Range(0, rest).All(i => IsSame(state.Messages[system + i].Json, all[i]))
            ? rest
            : 0;
    }

    // Clients drop members they do not know; who spoke, what was said and what was called must agree.
    private static bool IsSame(JsonView ours, JsonView theirs) =>
        SessionRoles.Of(ours) == SessionRoles.Of(theirs)
        && Words(ours) == Words(theirs)
        && Calls(ours).SequenceEqual(Calls(theirs))
        && Member(ours, "tool_call_id") == Member(theirs, "tool_call_id");

    private static string? Words(JsonView message) =>
        !message.TryGetProperty("content", out JsonView content) ? ""
        : content.Kind == JsonKind.String ? content.GetString()
        : content.Kind == JsonKind.Null ? ""
        : content.Kind == JsonKind.Array ? string.Concat(content.EnumerateArray().Select(part => Member(part, "text")))
        : content.GetRawText();

    private static IEnumerable<string?> Calls(JsonView message) =>
        message.TryGetProperty("tool_calls", out JsonView calls) && calls.Kind == JsonKind.Array
            ? calls.EnumerateArray().Select(call => Member(call, "id"))
            : [];

    private static string? Member(JsonView owner, string name) =>
        owner.Kind == JsonKind.Object && owner.TryGetProperty(name, out JsonView value) && value.Kind == JsonKind.String
            ? value.GetString()
            : null;
}

using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary>A turn as a response.</summary>
internal static class ResponseJson
{
    private const string ResponsePrefix = "resp_";
    private const string ConversationPrefix = "conv_";

    /// <summary>The id of a turn's response.</summary>
    public static string Id(string turn) => ResponsePrefix + turn;

    /// <summary>The id of a session as a conversation.</summary>
    public static string ConversationId(string session) => ConversationPrefix + session;

    /// <summary>The turn of a response's id.</summary>
    /// <exception cref="ApiException">It can be none.</exception>
    public static string TurnOf(string? id) => Strip(id, ResponsePrefix, "response");

    /// <summary>The session of a conversation's id.</summary>
    /// <exception cref="ApiException">It can be none.</exception>
    public static string SessionOf(string? id) => Strip(id, ConversationPrefix, "conversation");

    /// <summary>A response.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="session">Its session.</param>
    /// <param name="model">The model that answers.</param>
    /// <param name="status"><c>in_progress</c>, <c>completed</c>, <c>incomplete</c> or <c>failed</c>.</param>
    /// <param name="output">The items of the answer.</param>
    public static JsonFields Of(SessionTurn turn, string session, string model, string status, List<object?> output) =>
        new()
        {
            ["id"] = Id(turn.Id),
            ["object"] = "response",
            ["created_at"] = turn.At.ToUnixTimeSeconds(),
            ["status"] = status,
            ["background"] = false,
            ["error"] = null,
            ["incomplete_details"] = null,
            ["instructions"] = null,
            ["max_output_tokens"] = null,
            ["model"] = model,
            ["output"] = output,
            ["parallel_tool_calls"] = true,
            ["previous_response_id"] = null,
            ["conversation"] = new JsonFields { ["id"] = ConversationId(session) },
            ["reasoning"] = new JsonFields { ["effort"] = null, ["summary"] = null },
            ["store"] = true,
            ["temperature"] = null,
            ["text"] = new JsonFields { ["format"] = new JsonFields { ["type"] = "text" } },
            ["tool_choice"] = "auto",
            ["tools"] = new List<object?>(),
            ["top_p"] = null,
            ["truncation"] = "disabled",
            ["usage"] = null,
            ["user"] = null,
            ["metadata"] = new JsonFields(),
        };

    /// <summary>The response of a turn that has ended.</summary>
    public static JsonFields Ended(SessionState state, SessionTurn turn)
    {
        List<object?> output = [];
        if (turn.Answer is { } answer)
        {
            foreach (JsonFields item in ResponseItems.ToItems((JsonFields)JsonTree.Of(answer)!, turn.Id))
            {
                output.Add(item);
            }
        }

        string status = StatusOf(turn);
        JsonFields response = Of(turn, state.Id, turn.Info?.Model ?? state.Model ?? "", status, output);
        if (turn.Info is { } info)
        {
            response["usage"] = Usage(StoredAnswer.Usage(info));
        }

        if (status == "incomplete")
        {
            string reason = turn.Info?.FinishReason == "length" ? "max_output_tokens" : "interrupted";
            response["incomplete_details"] = new JsonFields { ["reason"] = reason };
        }

        return response;
    }

    /// <summary>The counts, in the names of this API.</summary>
    public static JsonFields? Usage(JsonFields? chat) =>
        chat is null
            ? null
            : new JsonFields
            {
                ["input_tokens"] = chat.Get("prompt_tokens") ?? 0,
                ["input_tokens_details"] = new JsonFields
                {
                    ["cached_tokens"] = (chat.Get("prompt_tokens_details") as JsonFields)?.Get("cached_tokens") ?? 0,
                },
                ["output_tokens"] = chat.Get("completion_tokens") ?? 0,
                ["output_tokens_details"] = new JsonFields { ["reasoning_tokens"] = 0 },
                ["total_tokens"] = chat.Get("total_tokens") ?? 0,
            };

    private static string StatusOf(SessionTurn turn) =>
        turn.Status switch
        {
            TurnStatus.Pending => "in_progress",
            TurnStatus.Interrupted or TurnStatus.Acknowledged => "incomplete",
            _ => turn.Info?.FinishReason == "length" ? "incomplete" : "completed",
        };

    private static string Strip(string? id, string prefix, string what)
    {
        string rest = id?.StartsWith(prefix, StringComparison.Ordinal) ?? false ? id[prefix.Length..] : "";
        return SessionIds.IsValid(rest) ? rest : throw ApiException.NotFound(what);
    }
}

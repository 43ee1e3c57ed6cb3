using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary>Sessions as clients see them.</summary>
internal static class SessionJson
{
    /// <summary>A session.</summary>
    public static JsonObject Of(SessionState state) =>
        new()
        {
            ["id"] = state.Id,
            ["object"] = "session",
            ["version"] = state.Version,
            ["created_at"] = state.CreatedAt.ToUnixTimeSeconds(),
            ["updated_at"] = state.UpdatedAt.ToUnixTimeSeconds(),
            ["model"] = state.Model,
            ["user"] = state.User,
            ["policy"] = state.Policy?.Fingerprint,
            ["forked_from"] = state.ForkedFrom?.Parent,
            ["pending"] = state.Pending,
            ["metadata"] = state.Metadata is { } metadata ? Json.Node(metadata) : null,
            ["tools"] = state.Tools is { } tools ? Json.Node(tools) : null,
            ["messages"] = new JsonArray([.. state.Messages.Select(message => Json.Node(message.Json))]),
            ["turns"] = new JsonArray([.. state.Turns.Select(Turn)]),
            ["constraints"] = new JsonArray([.. state.Constraints.Select(Constraint)]),
            ["usage"] = new JsonObject
            {
                ["requests"] = state.Totals.Requests,
                ["prompt_tokens"] = state.Totals.PromptTokens,
                ["completion_tokens"] = state.Totals.CompletionTokens,
                ["money"] = state.Totals.Money,
            },
        };

    private static JsonNode Turn(SessionTurn turn) =>
        new JsonObject
        {
            ["id"] = turn.Id,
            ["status"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(turn.Status.ToString()),
            ["version"] = turn.Version,
            ["participant"] = turn.Participant,
            ["replaces"] = turn.Replaces,
            ["edit"] = turn.IsEdit,
            ["reason"] = turn.Reason,
            ["partial"] = turn.Partial.Length > 0 ? turn.Partial : null,
            ["answer"] = turn.Answer is { } answer ? Json.Node(answer) : null,
            ["model"] = turn.Info?.Model,
            ["finish_reason"] = turn.Info?.FinishReason,
        };

    private static JsonNode Constraint(SessionConstraint constraint) =>
        new JsonObject
        {
            ["id"] = constraint.Id,
            ["text"] = constraint.Text,
            ["non_negotiable"] = constraint.IsNonNegotiable,
            ["active"] = constraint.Until is null,
        };
}

using MultiTurnTrainer.Serving.Contexts;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary>Sessions as clients see them.</summary>
internal static class SessionJson
{
    /// <summary>A session.</summary>
    public static JsonFields Of(SessionState state) =>
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
            ["metadata"] = state.Metadata,
            ["tools"] = state.Tools,
            ["messages"] = state.Messages.Select(message => (object?)message.Json).ToList(),
            ["turns"] = state.Turns.Select(Turn).ToList<object?>(),
            ["constraints"] = state.Constraints.Select(Constraint).ToList<object?>(),
            ["memory"] = state.CurrentMemory().Select(Memory).ToList<object?>(),
            ["usage"] = new JsonFields
            {
                ["requests"] = state.Totals.Requests,
                ["prompt_tokens"] = state.Totals.PromptTokens,
                ["completion_tokens"] = state.Totals.CompletionTokens,
                ["money"] = state.Totals.Money,
            },
        };

    private static JsonFields Turn(SessionTurn turn) =>
        new()
        {
            ["id"] = turn.Id,
            ["status"] = Naming.SnakeCase(turn.Status),
            ["version"] = turn.Version,
            ["at"] = turn.At.ToString("O"),
            ["first"] = turn.First,
            ["messages"] = turn.Messages.Select(message => (object?)message).ToList(),
            ["participant"] = turn.Participant,
            ["replaces"] = turn.Replaces,
            ["edit"] = turn.IsEdit,
            ["reason"] = turn.Reason,
            ["partial"] = turn.Partial.Length > 0 ? turn.Partial : null,
            ["answer"] = turn.Answer,
            ["model"] = turn.Info?.Model,
            ["finish_reason"] = turn.Info?.FinishReason,
            ["prompt_tokens"] = turn.Info?.PromptTokens,
            ["completion_tokens"] = turn.Info?.CompletionTokens,
            ["prompt_hash"] = turn.Info?.PromptHash,
        };

    private static JsonFields Constraint(SessionConstraint constraint) =>
        new()
        {
            ["id"] = constraint.Id,
            ["text"] = constraint.Text,
            ["non_negotiable"] = constraint.IsNonNegotiable,
            ["active"] = constraint.Until is null,
            ["from"] = constraint.From,
            ["until"] = constraint.Until,
        };

    private static JsonFields Memory(MemoryEntry entry) =>
        new()
        {
            ["kind"] = Naming.SnakeCase(entry.Kind),
            ["name"] = entry.Name,
            ["value"] = entry.Value,
        };
}

using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>Gives an answer of before again, as if it came now.</summary>
internal static class StoredAnswer
{
    public static LiveTurn Replay(SessionState state, SessionTurn turn)
    {
        CommitInfo info = turn.Info ?? new CommitInfo { FinishReason = "interrupted" };
        string model = info.Model ?? state.Model ?? "";
        LiveTurn live = new(state, turn, model, null);
        JsonFields delta = turn.Answer is { } answer ? (JsonFields)JsonTree.Of(answer)! : [];
        if (delta.Get("tool_calls") is List<object?> calls)
        {
            for (int i = 0; i < calls.Count; i++)
            {
                ((JsonFields)calls[i]!)["index"] = i;
            }
        }

        string id = ChatId(turn);
        long created = turn.At.ToUnixTimeSeconds();
        live.Add(Chunks.Of(id, model, created, delta));
        live.Add(Chunks.Of(id, model, created, [], info.FinishReason));
        live.Add(Chunks.Usage(id, model, created, Usage(info)));
        live.Complete(state);
        return live;
    }

    /// <summary>The id of a turn's answer in the chat API.</summary>
    public static string ChatId(SessionTurn turn) => $"chatcmpl-{turn.Id}";

    /// <summary>The counts of an answer.</summary>
    public static JsonFields Usage(CommitInfo info) =>
        Chunks.Counts((int)info.PromptTokens, (int)info.CompletionTokens, 0);
}

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>What a server recorded of a call.</summary>
/// <param name="PromptIds">The ids it asked the model with; null for a hosted model.</param>
/// <param name="PromptTokens">The prompt tokens of its <c>usage</c>; null or 0 in the metadata says none.</param>
internal sealed record RecordedCall(int[]? PromptIds, int? PromptTokens);

/// <summary>
/// The calls that the metadata of a recorded session tell of: <c>metadata.turns</c> is a list of
/// <c>{"answer", "prompt_ids"?, "prompt_tokens"?}</c>, <c>answer</c> the index of the message that answered, and
/// <c>metadata.policy</c> the fingerprint of the policy it was served under.
/// </summary>
internal sealed class RecordedCalls
{
    private readonly Dictionary<int, RecordedCall> _calls = [];
    private readonly string? _policy;

    private RecordedCalls(string? policy) => _policy = policy;

    /// <summary>The call that gave an answer; null where none is recorded.</summary>
    public RecordedCall? Find(int answer) => _calls.GetValueOrDefault(answer);

    /// <summary>
    /// Prompt tokens that hold for a plan of the same answer: the prompt was served under the same policy, or no policy is
    /// recorded and the plan holds the whole record as it stands. Null otherwise.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="fingerprint">Its policy's.</param>
    public int? TokensOf(ContextPlan plan, string fingerprint)
    {
        bool isSame = _policy is null ? plan.LeftOut.Count == 0 && plan.Block.Length == 0 : _policy == fingerprint;
        return isSame ? Find(plan.Call)?.PromptTokens : null;
    }

    /// <summary>Reads what a conversation's metadata say.</summary>
    /// <exception cref="MttException">It is not what a recorded session has; the message says where.</exception>
    public static RecordedCalls Of(Conversation conversation)
    {
        JsonView metadata = conversation.Metadata ?? default;
        RecordedCalls calls = new(metadata.GetString("policy"));
        if (metadata.Get("turns") is not { Kind: JsonKind.Array } turns)
        {
            return calls;
        }

        int place = 0;
        foreach (JsonView turn in turns.EnumerateArray())
        {
            string path = Invariant($"{conversation.Place}: metadata.turns[{place++}]");
            if (turn.Get("answer") is { } answer)
            {
                calls._calls[Number(answer, $"{path}.answer")] = new RecordedCall(
                    Ids(turn, $"{path}.prompt_ids"),
                    turn.Get("prompt_tokens") is { } tokens
                    && Number(tokens, $"{path}.prompt_tokens") is > 0 and int said
                        ? said
                        : null
                );
            }
        }

        return calls;
    }

    private static int[]? Ids(JsonView turn, string path) =>
        turn.Get("prompt_ids") switch
        {
            null => null,
            { Kind: JsonKind.Array } list => [.. list.EnumerateArray().Select(id => Number(id, path))],
            _ => throw Malformed(path, "is not a list of token ids"),
        };

    private static int Number(JsonView value, string path) =>
        value.Kind == JsonKind.Number && value.TryGetInt32(out int number) && number >= 0
            ? number
            : throw Malformed(path, "is not a whole number from 0");

    private static MttException Malformed(string path, string problem) =>
        new($"{path}: {problem}", "Export the session again with mtt sessions export, or leave metadata.turns out.");
}

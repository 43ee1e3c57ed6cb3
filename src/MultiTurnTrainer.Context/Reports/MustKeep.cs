namespace MultiTurnTrainer.Context.Reports;

/// <summary>Something that somebody has labelled as not to be forgotten.</summary>
/// <param name="Turn">The turn, from 0, in which the user says it.</param>
/// <param name="Words">What must all be in a prompt that still holds it.</param>
public sealed record MustKeep(int Turn, IReadOnlyList<string> Words)
{
    /// <summary>
    /// The labels of a conversation: <c>metadata.must_keep</c> is a list of <c>{"turn", "text", "all_of"?}</c>, turns from 0;
    /// <c>all_of</c> names the words that count, without it the whole text does.
    /// </summary>
    /// <exception cref="MttException">A label has another form; the message says where.</exception>
    public static IReadOnlyList<MustKeep> Of(Conversation conversation)
    {
        List<MustKeep> labels = [];
        if (conversation.Metadata?.Get("must_keep") is not { Kind: JsonKind.Array } list)
        {
            return labels;
        }

        foreach (JsonView label in list.EnumerateArray())
        {
            string[] words = label.Get("all_of") is { Kind: JsonKind.Array } all
                ? [.. all.EnumerateArray().Select(word => word.ToString())]
                : [label.GetString("text") ?? ""];
            if (
                label.Get("turn") is not { Kind: JsonKind.Number } turn
                || !turn.TryGetInt32(out int number)
                || words.Any(word => word.Length == 0)
            )
            {
                throw new MttException(
                    Invariant(
                        $"{conversation.Place}: metadata.must_keep[{labels.Count}]: needs a turn, and a text or words"
                    ),
                    "Give {\"turn\": 3, \"text\": \"…\", \"all_of\": [\"…\"]}, turns counted from 0."
                );
            }

            labels.Add(new MustKeep(number, words));
        }

        return labels;
    }

    /// <summary>Whether a prompt still holds it: its turn word for word, or its words in what the policy adds at the top or brings back.</summary>
    public bool IsIn(Planning.ContextPlan plan) =>
        Turn >= plan.FirstTurn || IsIn(plan.Block) || plan.Retrieved.Any(item => IsIn(item.Text!));

    private bool IsIn(string text) => Words.All(word => text.Contains(word, StringComparison.Ordinal));
}

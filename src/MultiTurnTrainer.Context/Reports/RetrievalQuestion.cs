namespace MultiTurnTrainer.Context.Reports;

/// <summary>A question that somebody has labelled with the exchange it is about.</summary>
/// <param name="Text">The words.</param>
/// <param name="Exchange">The turn, from 0, of the one exchange that answers it; null where none does.</param>
/// <param name="Kind">What is hard about it, in a word of the labeller's.</param>
public sealed record RetrievalQuestion(string Text, int? Exchange, string Kind)
{
    /// <summary>
    /// The questions of a conversation: <c>metadata.retrieval</c> is a list of <c>{"question", "exchange", "kind"?}</c>, exchanges counted
    /// by the user's turns from 0, null for none.
    /// </summary>
    /// <exception cref="MttException">A label has another form, or names an exchange that is not there; the message says where.</exception>
    public static IReadOnlyList<RetrievalQuestion> Of(Conversation conversation)
    {
        List<RetrievalQuestion> questions = [];
        if (conversation.Metadata?.Get("retrieval") is not { Kind: JsonKind.Array } list)
        {
            return questions;
        }

        int exchanges = Retrieval.Exchange.AllOf(conversation.Messages, _ => null).Count();
        foreach (JsonView label in list.EnumerateArray())
        {
            int exchange = -1;
            bool isNone = label.TryGetProperty("exchange", out JsonView wanted) && wanted.Kind == JsonKind.Null;
            bool isNumber =
                wanted.Kind == JsonKind.Number
                && wanted.TryGetInt32(out exchange)
                && exchange >= 0
                && exchange < exchanges;
            if (label.GetString("question") is not { Length: > 0 } text || isNone == isNumber)
            {
                throw new MttException(
                    Invariant(
                        $"{conversation.Place}: metadata.retrieval[{questions.Count}]: needs a question and an exchange of the conversation"
                    ),
                    "Give {\"question\": \"…\", \"exchange\": 3}, the user's turns counted from 0, or null for none."
                );
            }

            questions.Add(new RetrievalQuestion(text, isNone ? null : exchange, label.GetString("kind") ?? ""));
        }

        return questions;
    }
}

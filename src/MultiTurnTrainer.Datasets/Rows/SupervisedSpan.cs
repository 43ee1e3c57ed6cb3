namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Supervised tokens that stand together and belong to one part of one message: what losses are told apart by.</summary>
/// <param name="Start">The first token.</param>
/// <param name="End">One past the last.</param>
/// <param name="Role">Whose words: <c>assistant</c>, unless other roles are supervised.</param>
/// <param name="Field">
/// The part of the message: <c>content</c>, <c>reasoning</c> or <c>tool_calls</c>. What the template writes around a
/// part (tags, the stop token) counts with the part before it.
/// </param>
/// <param name="Turn">The number of the exchange in the conversation, from 1; one begins where the user speaks.</param>
public sealed record SupervisedSpan(int Start, int End, string Role, string Field, int Turn)
{
    /// <summary>The role that is supervised unless others are asked for.</summary>
    public const string Assistant = "assistant";

    /// <summary>The part that every message has.</summary>
    public const string Content = "content";

    /// <summary>
    /// What labels alone tell: each run of labels is an answer's content, and the runs are the turns. Rows carry spans
    /// of their own only where this would be wrong.
    /// </summary>
    public static IReadOnlyList<SupervisedSpan> FromLabels(ReadOnlySpan<int> labels)
    {
        List<SupervisedSpan> spans = [];
        for (int start = 0; start < labels.Length; start++)
        {
            if (labels[start] == TokenRow.Unsupervised)
            {
                continue;
            }

            int length = labels[start..].IndexOf(TokenRow.Unsupervised);
            int end = length < 0 ? labels.Length : start + length;
            spans.Add(new SupervisedSpan(start, end, Assistant, Content, spans.Count + 1));
            start = end;
        }

        return spans;
    }
}

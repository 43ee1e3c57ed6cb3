namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>A rendered conversation and what the rule says of its messages.</summary>
/// <param name="Rendered">The text with its spans.</param>
/// <param name="Answers">The messages to learn, in order; a refused one is here too, with what it proposes.</param>
/// <param name="Refusals">The messages that cannot be supervised, in order.</param>
public sealed record MaskedText(
    RenderedText Rendered,
    IReadOnlyList<AnswerMask> Answers,
    IReadOnlyList<MaskRefusal> Refusals
)
{
    /// <summary>The supervised characters of all messages, in order and merged.</summary>
    public IReadOnlyList<(int Start, int End)> Supervised => Runs.Merge(Answers.SelectMany(answer => answer.Ranges));

    /// <summary>The characters inside <c>{% generation %}</c>: for comparison only, they never change the mask.</summary>
    public IReadOnlyList<(int Start, int End)> Generation =>
        Runs.Merge(
            Rendered
                .Spans.Where(span => (span.Traits & SpanTraits.Generation) != 0)
                .Select(span => (span.Start, span.End))
        );

    /// <summary>Where the rule and the template's own <c>{% generation %}</c> blocks disagree; empty without such blocks.</summary>
    public IReadOnlyList<(int Start, int End)> GenerationDifferences
    {
        get
        {
            IReadOnlyList<(int Start, int End)> marked = Generation;
            IReadOnlyList<(int Start, int End)> supervised = Supervised;
            return marked.Count == 0
                ? []
                : Runs.Merge([.. Runs.Subtract(marked, supervised), .. Runs.Subtract(supervised, marked)]);
        }
    }
}

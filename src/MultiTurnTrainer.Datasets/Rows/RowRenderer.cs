using MultiTurnTrainer.Datasets.Masking;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Renders conversations and says what is supervised of them, without a tokenizer.</summary>
/// <param name="template">What renders.</param>
/// <param name="options">What is supervised.</param>
public sealed class RowRenderer(RowTemplate template, RowOptions options)
{
    /// <summary>Renders one conversation.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether the text ends with the header of the answer to come.</param>
    /// <exception cref="TemplateException">The template refuses the conversation.</exception>
    /// <exception cref="MttException">The template used up its budget.</exception>
    public MaskedText Render(Conversation conversation, bool addGenerationPrompt)
    {
        RowSource source = new(conversation, template, options);
        RenderInput input = source.Input(source.All) with { AddGenerationPrompt = addGenerationPrompt };
        MaskedText masked = Masked(source, input);
        SortedDictionary<int, (string Code, string Reason)> lost = Lost(masked, conversation);
        bool isWhole = options.Fields.Count == 0;
        return masked with
        {
            Answers =
            [
                .. masked
                    .Answers.Where(answer => !lost.ContainsKey(answer.Message))
                    .Select(answer =>
                        isWhole && source.Supervision.InContent(answer.Message) is null
                            ? answer
                            : Narrowed(masked, answer, source)
                    ),
            ],
            Refusals =
            [
                .. masked.Refusals.Where(refusal => !lost.ContainsKey(refusal.Message)),
                .. options.DropUnrenderedAnswers
                    ? []
                    : lost.Select(pair => new MaskRefusal(pair.Key, pair.Value.Code, pair.Value.Reason)),
            ],
        };
    }

    /// <summary>The answers that the template does not render, by index; none where it refuses the conversation.</summary>
    /// <exception cref="MttException">The template used up its budget.</exception>
    public IReadOnlyCollection<int> Unrendered(Conversation conversation)
    {
        RowSource source = new(conversation, template, options);
        try
        {
            return Lost(Masked(source, source.Input(source.All)), conversation).Keys;
        }
        catch (TemplateException)
        {
            return [];
        }
    }

    private static SortedDictionary<int, (string Code, string Reason)> Lost(
        MaskedText masked,
        Conversation conversation
    ) =>
        UnrenderedAnswer.All(
            masked,
            conversation.Messages,
            new PrintedConversation(masked.Rendered, conversation.Messages.Count)
        );

    private static MaskedText Masked(RowSource source, RenderInput input)
    {
        try
        {
            return MaskRule.Apply(source.Template, input, source.Targets, source.Stops);
        }
        catch (TemplateException problem) when (problem.IsOverBudget)
        {
            throw RowSource.OverBudget(source.Conversation, problem);
        }
    }

    /// <summary>An answer without the pieces of its content that count nothing.</summary>
    private AnswerMask Narrowed(MaskedText masked, AnswerMask answer, RowSource source)
    {
        List<SupervisedRange> ranges = [];
        RangeWeights.Select(
            masked.Rendered,
            answer.Ranges,
            answer.Stop,
            source.Supervision.WeightOf(answer.Message),
            source.Supervision.InContent(answer.Message),
            source.Conversation.Messages[answer.Message],
            options.Fields,
            ranges
        );
        return answer with { Ranges = [.. ranges.Select(range => (range.Start, range.End))] };
    }
}

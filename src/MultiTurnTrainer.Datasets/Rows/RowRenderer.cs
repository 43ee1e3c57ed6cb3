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
    public MaskedText Render(Conversation conversation, bool addGenerationPrompt)
    {
        RowSource source = new(conversation, template, options);
        RenderInput input = source.Input(source.All) with { AddGenerationPrompt = addGenerationPrompt };
        MaskedText masked = MaskRule.Apply(source.Template, input, source.Targets, source.Stops);
        return masked with
        {
            Answers =
            [
                .. masked.Answers.Select(answer =>
                    source.Supervision.InContent(answer.Message) is null ? answer : Narrowed(masked, answer, source)
                ),
            ],
        };
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

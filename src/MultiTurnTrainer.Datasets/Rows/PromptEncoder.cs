using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// From a conversation to the ids a model is asked with: the same rendering and tokenizing that make training rows, ended
/// by the generation prompt. One object serves one thread.
/// </summary>
/// <param name="model">Template and tokenizer.</param>
public sealed class PromptEncoder(RowModel model)
{
    private readonly RowTokenizer _tokenizer = new(model.Tokens);
    private readonly RowOptions _options = new();

    /// <summary>The ids of the rendered conversation and the generation prompt.</summary>
    /// <exception cref="MttException">The template refuses the conversation.</exception>
    public int[] Encode(Conversation conversation)
    {
        try
        {
            RowSource source = new(conversation, model.Template, _options);
            RenderInput input = source.Input(source.All) with { AddGenerationPrompt = true };
            RowText text = new(source.Template.Render(input), conversation.Messages);
            return _tokenizer.Encode(text, [], [], split: false, out _).Ids.ToArray();
        }
        catch (TemplateException problem) when (problem.IsOverBudget)
        {
            throw RowSource.OverBudget(conversation, problem);
        }
        catch (TemplateException problem)
        {
            throw new MttException(
                $"{conversation.Place}: the template refuses it: {problem.Describe()}",
                "Fix the conversation, or give another template.",
                problem
            );
        }
    }
}

using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Asks a template, by rendering small conversations, what it does.</summary>
internal static class TemplateProbe
{
    private const string Mark = "mtt probe: first line\n- second line";

    private const string Tools =
        """[{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {"a": {"type": "string", "description": "d"}}, "required": ["a"]}}}]""";

    /// <summary>Where the template takes a block of text, such that every line of it is printed in every turn.</summary>
    /// <param name="template">The template.</param>
    /// <param name="hasTools">Whether the conversation declares tools: a template may print another text then.</param>
    /// <exception cref="MttException">Nowhere.</exception>
    public static BlockPlacement Place(RowTemplate template, bool hasTools)
    {
        if (Prints(template, hasTools, ("system", Mark), ("user", "a")))
        {
            return BlockPlacement.System;
        }

        return Prints(template, hasTools, ("user", $"{Mark}\n\na"))
            ? BlockPlacement.UserTurn
            : throw new MttException(
                "the chat template prints neither a system message nor the head of a user message unchanged, so nothing that a policy adds would reach the model",
                "Use --policy naive or window, which add nothing, or another template."
            );
    }

    /// <summary>Renders a conversation of plain texts.</summary>
    /// <exception cref="TemplateException">The template refuses it.</exception>
    public static string Render(
        RowTemplate template,
        bool asks,
        bool hasTools,
        params (string Role, string Text)[] messages
    )
    {
        List<object?> list =
        [
            .. messages.Select(message => new JsonFields { ["role"] = message.Role, ["content"] = message.Text }),
        ];
        JsonFields row = new() { ["messages"] = list };
        if (hasTools)
        {
            row["tools"] = JsonView.Parse(Tools);
        }

        JsonView json = JsonText.ToView(row);
        RowSource source = new(Conversation.FromJson(json), template, new RowOptions());
        return source.Template.RenderText(source.Input(source.All) with { AddGenerationPrompt = asks });
    }

    private static bool Prints(RowTemplate template, bool hasTools, params (string Role, string Text)[] opening)
    {
        try
        {
            return Render(template, true, hasTools, opening).Contains(Mark, StringComparison.Ordinal)
                && Render(template, true, hasTools, [.. opening, ("assistant", "b"), ("user", "c")])
                    .Contains(Mark, StringComparison.Ordinal);
        }
        catch (TemplateException)
        {
            return false;
        }
    }
}

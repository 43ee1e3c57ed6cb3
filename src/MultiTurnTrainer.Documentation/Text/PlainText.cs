namespace MultiTurnTrainer.Documentation.Text;

/// <summary>The words of blocks, on one line, without marks.</summary>
internal static class PlainText
{
    /// <summary>The words of a block and of those in it.</summary>
    public static string Of(Block block) =>
        block switch
        {
            CodeBlock code => string.Join(
                ' ',
                code.Lines.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            ),
            LeafBlock { Inline: { } inline } => Of(inline, keepCode: false),
            ContainerBlock container => string.Join(' ', container.Select(Of)),
            _ => "",
        };

    /// <summary>The words of a line of text.</summary>
    /// <param name="inlines">What stands in it.</param>
    /// <param name="keepCode">Whether code keeps the marks around it.</param>
    public static string Of(ContainerInline inlines, bool keepCode)
    {
        StringBuilder text = new();
        foreach (Inline inline in inlines)
        {
            text.Append(
                inline switch
                {
                    LiteralInline literal => literal.Content.ToString(),
                    CodeInline code => keepCode ? $"`{code.Content}`" : code.Content,
                    HtmlEntityInline entity => entity.Transcoded.ToString(),
                    AutolinkInline link => link.Url,
                    LineBreakInline => " ",
                    ContainerInline inner => Of(inner, keepCode),
                    _ => "",
                }
            );
        }

        return text.ToString();
    }
}

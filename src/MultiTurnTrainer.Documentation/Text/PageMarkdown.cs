// Folder Text: Markdown as blocks, and as text for a terminal.
// Refuses to know: HTML.
namespace MultiTurnTrainer.Documentation.Text;

/// <summary>The Markdown of the pages: GitHub's tables and anchors. Comments, which are for the tests, are left out.</summary>
internal static class PageMarkdown
{
    private static readonly MarkdownPipeline _pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .UseAutoLinks()
        .Build();

    /// <summary>The blocks of a page.</summary>
    public static MarkdownDocument Parse(string markdown)
    {
        MarkdownDocument document = Markdown.Parse(markdown.ReplaceLineEndings("\n"), _pipeline);
        foreach (HtmlBlock comment in document.Descendants<HtmlBlock>().ToArray())
        {
            comment.Parent!.Remove(comment);
        }

        // What looks like a tag within a line is a word of the text.
        foreach (HtmlInline tag in document.Descendants<HtmlInline>().ToArray())
        {
            tag.ReplaceBy(new LiteralInline(tag.Tag));
        }

        return document;
    }

    /// <summary>A document as HTML.</summary>
    public static string ToHtml(MarkdownDocument document) => document.ToHtml(_pipeline);

    /// <summary>Each heading with the words below it, up to the next.</summary>
    public static IEnumerable<(HeadingBlock Heading, string Text)> Cut(MarkdownDocument document)
    {
        HeadingBlock? heading = null;
        List<string> texts = [];
        foreach (Block block in document)
        {
            if (block is HeadingBlock next)
            {
                if (heading is not null)
                {
                    yield return (heading, string.Join(' ', texts));
                }

                (heading, texts) = (next, []);
            }
            else
            {
                texts.Add(PlainText.Of(block));
            }
        }

        if (heading is not null)
        {
            yield return (heading, string.Join(' ', texts));
        }
    }

    /// <summary>The fragment that leads to a heading.</summary>
    public static string Anchor(HeadingBlock heading) => heading.Level == 1 ? "" : heading.GetAttributes().Id ?? "";
}

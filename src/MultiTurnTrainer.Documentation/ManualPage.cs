using MultiTurnTrainer.Documentation.Text;

namespace MultiTurnTrainer.Documentation;

/// <summary>A page of the documentation.</summary>
/// <param name="topic">Its name: <c>mtt docs TOPIC</c>, <c>TOPIC.md</c>, <c>TOPIC.html</c>.</param>
/// <param name="title">Its title in lists.</param>
/// <param name="summary">What it has, in a few words.</param>
/// <param name="read">Gives its Markdown, once, when it is asked for.</param>
public sealed class ManualPage(string topic, string title, string summary, Func<string> read)
{
    private IReadOnlyList<PageSection>? _sections;

    /// <summary>Its name.</summary>
    public string Topic => topic;

    /// <summary>Its title in lists.</summary>
    public string Title => title;

    /// <summary>What it has, in a few words.</summary>
    public string Summary => summary;

    /// <summary>Its parts: what stands before the first heading below the title, then one for each heading.</summary>
    public IReadOnlyList<PageSection> Sections =>
        _sections ??= [
            .. PageMarkdown
                .Cut(Parse())
                .Select(part => new PageSection(
                    this,
                    PlainText.Of(part.Heading),
                    PageMarkdown.Anchor(part.Heading),
                    part.Heading.Level,
                    part.Text
                )),
        ];

    /// <summary>The page as text for a terminal, or one section of it with those below.</summary>
    /// <param name="anchor">The section; null for the whole page.</param>
    /// <param name="width">Characters of a line; code may be longer.</param>
    /// <returns>Null where the page has no such section.</returns>
    public string? ToText(string? anchor, int width) => TerminalText.Write(Parse(), anchor, width);

    /// <summary>Its blocks, without comments; a new tree for each caller, who may change it.</summary>
    internal MarkdownDocument Parse() => PageMarkdown.Parse(read());
}

/// <summary>A heading with what stands below it, up to the next heading.</summary>
/// <param name="Page">Where it stands.</param>
/// <param name="Heading">The heading's words.</param>
/// <param name="Anchor">The fragment that leads to it; empty for the beginning of a page.</param>
/// <param name="Level">1 for a title, 2 for a heading below it, and so on.</param>
/// <param name="Text">Its words on one line, as one searches them.</param>
public sealed record PageSection(ManualPage Page, string Heading, string Anchor, int Level, string Text)
{
    /// <summary>What <c>mtt docs</c> calls it.</summary>
    public string Topic => Anchor.Length == 0 ? Page.Topic : $"{Page.Topic}#{Anchor}";
}

// Folder Templates: renders a chat template as jinja2 does, and knows where every character came from.
// Refuses to know: tokens, masks, files of data.
using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates;

/// <summary>
/// A chat template, parsed once and rendered many times, from any thread. It gives the text of jinja2's immutable
/// sandbox as transformers sets it up (trimmed blocks, loop controls, generation blocks, its own <c>tojson</c>), and
/// knows for every character where it came from.
/// </summary>
public sealed class ChatTemplate
{
    private ChatTemplate(string source, ParsedTemplate template)
    {
        Source = source;
        Parsed = template;
        HasGenerationBlocks = Shape.All(template.Body).Any(s => s is Generation);
        PromptIsConstant = PromptAnalysis.IsConstant(template, out HashSet<string> names);
        Prompts = new PromptCache(names);
        ReasoningNames = MessageValues.ReasoningNames(source);
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Whether the template holds a <c>{% generation %}</c> block.</summary>
    public bool HasGenerationBlocks { get; }

    /// <summary>Whether the generation prompt provably does not depend on the messages, so that one render finds it for all answers.</summary>
    public bool PromptIsConstant { get; }

    /// <summary>
    /// The names under which the template reads an answer's reasoning: of <c>reasoning_content</c>, <c>reasoning</c> and
    /// <c>thinking</c>. Messages get it under these, whatever the data call it.
    /// </summary>
    public IReadOnlyList<string> ReasoningNames { get; }

    internal ParsedTemplate Parsed { get; }

    /// <summary>Generation prompts found before; of use only when they are constant.</summary>
    internal PromptCache Prompts { get; }

    /// <summary>Parses a template.</summary>
    /// <exception cref="TemplateException">Not valid Jinja, with line and column.</exception>
    public static ChatTemplate Parse(string source) => new(source, Binder.Bind(Parser.Parse(source)));

    /// <summary>Makes a conversation ready to be rendered with provenance, whole and by its beginnings.</summary>
    public RenderSession Open(RenderInput input) => new(this, input, tracked: true);

    /// <summary>Makes a conversation ready to be rendered as plain text, whole and by its beginnings.</summary>
    public RenderSession OpenText(RenderInput input) => new(this, input, tracked: false);

    /// <summary>Renders a conversation with provenance.</summary>
    /// <exception cref="TemplateException">The template refuses or fails, as jinja2 would, with line and column.</exception>
    public RenderedText Render(RenderInput input) => Open(input).Render();

    /// <summary>Renders the same text without provenance.</summary>
    /// <exception cref="TemplateException">The template refuses or fails, as jinja2 would, with line and column.</exception>
    public string RenderText(RenderInput input) => new RenderSession(this, input, tracked: false).RenderText();
}

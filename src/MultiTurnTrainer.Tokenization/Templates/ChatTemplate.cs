using System.Text.Json;
using MultiTurnTrainer.Tokenization.Templates.Rendering;
using MultiTurnTrainer.Tokenization.Templates.Syntax;
using MultiTurnTrainer.Tokenization.Templates.Values;

namespace MultiTurnTrainer.Tokenization.Templates;

/// <summary>
/// A chat template, parsed once and rendered many times, from any thread. It gives the text of jinja2's immutable
/// sandbox as transformers sets it up (trimmed blocks, loop controls, generation blocks, its own <c>tojson</c>), and
/// knows for every character where it came from.
/// </summary>
public sealed class ChatTemplate
{
    private readonly ParsedTemplate _template;

    private ChatTemplate(string source, ParsedTemplate template)
    {
        Source = source;
        _template = template;
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Whether the template holds a <c>{% generation %}</c> block.</summary>
    public bool HasGenerationBlocks => Shape.All(_template.Body).Any(s => s is Generation);

    /// <summary>Parses a template.</summary>
    /// <exception cref="TemplateException">Not valid Jinja, with line and column.</exception>
    public static ChatTemplate Parse(string source) => new(source, Binder.Bind(Parser.Parse(source)));

    /// <summary>Renders a conversation with provenance.</summary>
    /// <exception cref="TemplateException">The template refuses or fails, as jinja2 would, with line and column.</exception>
    public RenderedText Render(RenderInput input)
    {
        Renderer renderer = Run(input, tracked: true);
        return new RenderedText(renderer.Output.Text(), renderer.Output.Spans(), renderer.LoopEnd);
    }

    /// <summary>Renders the same text without provenance.</summary>
    /// <exception cref="TemplateException">The template refuses or fails, as jinja2 would, with line and column.</exception>
    public string RenderText(RenderInput input) => Run(input, tracked: false).Output.Text();

    private Renderer Run(RenderInput input, bool tracked)
    {
        Renderer renderer = new(_template, Variables(input, tracked), input.Now, tracked);
        renderer.Run();
        return renderer;
    }

    private static Dictionary<string, Value> Variables(RenderInput input, bool tracked)
    {
        Dictionary<string, Value> variables = new(StringComparer.Ordinal);
        if (input.BosToken is { } bos)
        {
            variables["bos_token"] = new StrValue(bos, tracked ? Origin.Variable("bos_token") : null);
        }

        if (input.EosToken is { } eos)
        {
            variables["eos_token"] = new StrValue(eos, tracked ? Origin.Variable("eos_token") : null);
        }

        // transformers always passes these two, as None when there is nothing to pass.
        variables["tools"] = input.Tools is { ValueKind: not JsonValueKind.Undefined } tools
            ? JsonValues.From(tools, tracked ? Origin.Tools : null)
            : NoneValue.Instance;
        variables["documents"] = NoneValue.Instance;
        foreach ((string name, JsonElement value) in input.Variables ?? new Dictionary<string, JsonElement>())
        {
            variables[name] = JsonValues.From(value, tracked ? Origin.Variable(name) : null);
        }

        variables["add_generation_prompt"] = BoolValue.Of(input.AddGenerationPrompt);
        variables["messages"] = JsonValues.Messages(input.Messages, input.MessageCount, tracked);
        return variables;
    }
}

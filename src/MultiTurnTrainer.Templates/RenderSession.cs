using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates;

/// <summary>
/// One conversation ready to be rendered several times: whole, or its beginnings with a generation prompt. The JSON is
/// turned into values once. Not for several threads.
/// </summary>
public sealed class RenderSession
{
    // Stands in for the messages before an answer where the template cannot render those.
    private static readonly JsonView _question = JsonView.Parse("""[{"role": "user", "content": "?"}]""");

    private readonly ChatTemplate _template;
    private readonly RenderInput _input;
    private readonly Dictionary<string, Value> _variables;
    private Value _messages;
    private bool _triedNulls;
    private string? _prompt;

    internal RenderSession(ChatTemplate template, RenderInput input, bool tracked)
        : this(template, input, tracked, Variables(input, tracked)) { }

    private RenderSession(ChatTemplate template, RenderInput input, bool tracked, Dictionary<string, Value> variables)
    {
        _template = template;
        _input = input;
        IsTracked = tracked;
        _triedNulls = input.AsWritten;
        _messages = Messages(input.AsWritten ? NullKeys.Kept : NullKeys.Absent);
        _variables = variables;
    }

    private bool IsTracked { get; }

    /// <summary>
    /// The same conversation with other messages: tools and variables are not turned into values again. Both sessions stay
    /// usable, one at a time.
    /// </summary>
    /// <param name="messages">The <c>messages</c> array.</param>
    public RenderSession With(JsonView messages) =>
        new(_template, _input with { Messages = messages }, IsTracked, _variables);

    /// <summary>Renders the whole conversation.</summary>
    /// <exception cref="TemplateException">The template refuses or fails, as jinja2 would, with line and column.</exception>
    public RenderedText Render() => ToText(Run(null, _input.AddGenerationPrompt, IsTracked));

    /// <summary>Renders the whole conversation as plain text.</summary>
    /// <exception cref="TemplateException">The template refuses or fails, as jinja2 would, with line and column.</exception>
    public string Text() => Run(null, _input.AddGenerationPrompt, IsTracked).Output.Finish().Text;

    /// <summary>Renders the first messages as plain text, without a generation prompt.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="TemplateException">The template refuses or fails.</exception>
    public string TextOfFirst(int count) => Run(count, addGenerationPrompt: false, IsTracked).Output.Finish().Text;

    /// <summary>
    /// Renders the whole conversation once more, without provenance, and gives the first character that differs from a
    /// text; -1 where none does.
    /// </summary>
    /// <exception cref="TemplateException">The template refuses or fails.</exception>
    public int FindDifference(string text) =>
        Run(null, _input.AddGenerationPrompt, tracked: false).Output.FindDifference(text);

    /// <summary>
    /// What the template prints, before the answer at an index, to ask for it: the end of the first messages rendered
    /// with <c>add_generation_prompt</c>, as far as it was printed after the loop over messages or under a test of
    /// <c>add_generation_prompt</c>; everything, when no loop over messages ran. Where the template cannot render those
    /// messages, such as none before an answer that opens the conversation, a question stands for them. Null where it
    /// cannot render that either.
    /// </summary>
    /// <param name="index">The answer's index.</param>
    public string? GenerationPrompt(int index)
    {
        _prompt ??= _template.Prompts.Find(_input);
        if (_prompt is not null)
        {
            return _prompt;
        }

        return Prompt(() => Run(index, addGenerationPrompt: true, IsTracked))
            ?? Prompt(() =>
                Run(Values(NullKeys.Absent).Of(_question, null), null, addGenerationPrompt: true, IsTracked)
            );
    }

    private string? Prompt(Func<Renderer> render)
    {
        try
        {
            string prompt = PromptOf(ToText(render()), out bool afterLoop);
            if (_template.PromptIsConstant && afterLoop)
            {
                _prompt = prompt;
                _template.Prompts.Keep(_input, prompt);
            }

            return prompt;
        }
        catch (TemplateException problem) when (!problem.IsOverBudget)
        {
            return null;
        }
    }

    internal string RenderText() => Run(null, _input.AddGenerationPrompt, IsTracked).Output.Finish().Text;

    private static string PromptOf(RenderedText rendered, out bool afterLoop)
    {
        int loopEnd = rendered.LoopEnd;
        for (int i = rendered.Spans.Count - 1; i >= 0; i--)
        {
            if ((rendered.Spans[i].Traits & SpanTraits.OutsideLoop) == 0)
            {
                loopEnd = Math.Max(loopEnd, rendered.Spans[i].End);
                break;
            }
        }

        afterLoop = loopEnd >= 0;
        int start = rendered.Text.Length;
        for (int i = rendered.Spans.Count - 1; i >= 0; i--)
        {
            RenderedSpan span = rendered.Spans[i];
            bool asked = (span.Traits & SpanTraits.GenerationPrompt) != 0;
            if (!asked && span.Start < loopEnd)
            {
                break;
            }

            start = span.Start;
        }

        // Where no loop over messages ran, all that is printed asks for the answer.
        return rendered.Text[start..];
    }

    private static RenderedText ToText(Renderer renderer)
    {
        (string text, RenderedSpan[] spans) = renderer.Output.Finish();
        return new RenderedText(text, spans, renderer.LoopEnd);
    }

    private Value Messages(NullKeys nulls) => Values(nulls).Of(_input.Messages, _input.MessageCount);

    private MessageValues Values(NullKeys nulls) =>
        new(_input.AsWritten ? [] : _template.ReasoningNames, nulls, IsTracked);

    /// <summary>
    /// Renders the first messages, or all. A template that cannot do without a null key is given it to test, but not to
    /// print: that of the content first (DeepSeek-V3 tests whether <c>content is none</c>, and whether <c>tool_calls</c> is
    /// there at all), then all of them.
    /// </summary>
    private Renderer Run(int? count, bool addGenerationPrompt, bool tracked)
    {
        try
        {
            return Run(_messages, count, addGenerationPrompt, tracked);
        }
        catch (TemplateException problem)
            when (!problem.IsOverBudget && !_triedNulls && MessageValues.HasNulls(_input.Messages))
        {
            if (WithNulls(count, addGenerationPrompt, tracked) is { } renderer)
            {
                return renderer;
            }

            throw;
        }
    }

    private Renderer? WithNulls(int? count, bool addGenerationPrompt, bool tracked)
    {
        _triedNulls = true;
        foreach (NullKeys nulls in (ReadOnlySpan<NullKeys>)[NullKeys.ContentTested, NullKeys.Tested])
        {
            Value messages = Messages(nulls);
            try
            {
                Renderer renderer = Run(messages, count, addGenerationPrompt, tracked);
                _messages = messages;
                return renderer;
            }
            catch (TemplateException problem) when (!problem.IsOverBudget)
            {
                // The next way, if there is one; the first problem is the one that is told.
            }
        }

        return null;
    }

    private Renderer Run(Value messages, int? count, bool addGenerationPrompt, bool tracked)
    {
        _variables["messages"] =
            count is int first && messages is ListValue list ? new ListValue([.. list.Items.Take(first)]) : messages;
        _variables["add_generation_prompt"] = BoolValue.Of(addGenerationPrompt);
        Renderer renderer = new(_template.Parsed, _variables, _input.Now, tracked);
        RenderBudget budget = RenderBudget.Begin(_input);
        try
        {
            renderer.Run();
        }
        finally
        {
            budget.End();
        }

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
        variables["tools"] = input.Tools is { Kind: not JsonKind.Undefined } tools
            ? JsonValues.From(tools, tracked ? Origin.Tools : null)
            : NoneValue.Instance;
        variables["documents"] = NoneValue.Instance;
        if (input.Variables is not null)
        {
            foreach ((string name, JsonView value) in input.Variables)
            {
                variables[name] = JsonValues.From(value, tracked ? Origin.Variable(name) : null);
            }
        }

        return variables;
    }
}

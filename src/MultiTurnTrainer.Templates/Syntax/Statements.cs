using MultiTurnTrainer.Templates.Builtins;
using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Normal,
    Break,
    Continue,
}

/// <summary>A statement; it runs itself.</summary>
internal abstract class Statement(Place place)
{
    /// <summary>Where it is written.</summary>
    public Place Place { get; } = place;

    /// <summary>Runs it.</summary>
    public abstract Flow Execute(Renderer r);

    /// <summary>Runs a body.</summary>
    public static Flow ExecuteAll(Statement[] body, Renderer r)
    {
        foreach (Statement statement in body)
        {
            RenderBudget.Spend(2);
            Flow flow = statement.Execute(r);
            if (flow != Flow.Normal)
            {
                return flow;
            }
        }

        return Flow.Normal;
    }
}

/// <summary>Text of the template.</summary>
internal sealed class Data(string text, Place place) : Statement(place)
{
    /// <summary>The text.</summary>
    public StrValue Text { get; } = new(text, Origin.Literal(place.Line));

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        r.EmitLiteral(Text, Place.Line);
        return Flow.Normal;
    }
}

/// <summary><c>{{ … }}</c>.</summary>
internal sealed class Print(Expression expression, Place place) : Statement(place)
{
    /// <summary>What is printed.</summary>
    public Expression Expression { get; } = expression;

    /// <summary>Whether the expression asks for <c>add_generation_prompt</c>.</summary>
    public bool TestsPrompt { get; set; }

    /// <summary>Whether the value is escaped; null asks the renderer, inside <c>autoescape</c> of a computed value.</summary>
    public bool? Escapes { get; set; } = false;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Value value = Expression.Evaluate(r);
        r.At = Place;
        StrValue text = (Escapes ?? r.AutoEscape) ? Html.Escape(value) : value as StrValue ?? value.ToStr();
        r.PromptDepth += TestsPrompt ? 1 : 0;
        r.Emit(text, Place.Line);
        r.PromptDepth -= TestsPrompt ? 1 : 0;
        return Flow.Normal;
    }
}

/// <summary><c>{% if %}</c> with its <c>elif</c>s and <c>else</c>.</summary>
internal sealed class If(KeyValuePair<Expression, Statement[]>[] branches, Statement[] otherwise, Place place)
    : Statement(place)
{
    /// <summary>The tested branches.</summary>
    public KeyValuePair<Expression, Statement[]>[] Branches { get; } = branches;

    /// <summary>The last branch.</summary>
    public Statement[] Otherwise { get; } = otherwise;

    /// <summary>Whether a test asks for <c>add_generation_prompt</c>.</summary>
    public bool TestsPrompt { get; set; }

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Statement[] body = Otherwise;
        foreach ((Expression test, Statement[] branch) in Branches)
        {
            RenderBudget.Spend(1);
            if (test.Evaluate(r).Truthy)
            {
                body = branch;
                break;
            }
        }

        if (!TestsPrompt)
        {
            return ExecuteAll(body, r);
        }

        r.PromptDepth++;
        Flow flow = ExecuteAll(body, r);
        r.PromptDepth--;
        return flow;
    }
}

/// <summary><c>{% break %}</c> and <c>{% continue %}</c>.</summary>
internal sealed class Jump(Flow flow, Place place) : Statement(place)
{
    /// <inheritdoc/>
    public override Flow Execute(Renderer r) => flow;
}

/// <summary><c>{% autoescape on %}…{% endautoescape %}</c>.</summary>
internal sealed class AutoEscape(Expression on, Statement[] body, Place place) : Statement(place)
{
    /// <summary>Whether printed values are escaped.</summary>
    public Expression On { get; } = on;

    /// <summary>The body.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>The variables of the body.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Frame.Enter(r);
        bool outer = r.AutoEscape;
        r.AutoEscape = On.Evaluate(r).Truthy;
        Flow flow = ExecuteAll(Body, r);
        r.AutoEscape = outer;
        return flow;
    }
}

/// <summary><c>{% include %}</c>, <c>{% import %}</c>, <c>{% extends %}</c>: a chat template has nothing to load from.</summary>
internal sealed class Load(string tag, Expression template, Place place) : Statement(place)
{
    /// <summary>Names the tag stores.</summary>
    public IReadOnlyList<string> Stored { get; init; } = [];

    /// <summary>Which template.</summary>
    public Expression Template { get; } = template;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Template.Evaluate(r);
        r.At = Place;
        throw TemplateException.Type($"{{% {tag} %}} is not possible: a chat template is a single file (no loader)");
    }
}

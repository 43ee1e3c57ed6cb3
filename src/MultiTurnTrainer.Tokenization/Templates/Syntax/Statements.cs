using MultiTurnTrainer.Tokenization.Templates.Builtins;
using MultiTurnTrainer.Tokenization.Templates.Rendering;
using MultiTurnTrainer.Tokenization.Templates.Values;

namespace MultiTurnTrainer.Tokenization.Templates.Syntax;

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

/// <summary><c>{% set target = value %}</c>.</summary>
internal sealed class Set(Expression target, Expression value, Place place) : Statement(place)
{
    /// <summary>What is assigned.</summary>
    public Expression Target { get; } = target;

    /// <summary>The value.</summary>
    public Expression Value { get; } = value;

    /// <summary>Whether blocks see it: set at the top level of a template.</summary>
    public bool Export { get; set; }

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Targets.CheckNamespaces(Target, r);
        Value value = Value.Evaluate(r);
        r.At = Place;
        Targets.Assign(Target, value, r);
        if (Export)
        {
            Targets.Export(Target, r);
        }

        r.PickMessage(value);
        return Flow.Normal;
    }
}

/// <summary><c>{% set target | filter %}…{% endset %}</c>.</summary>
internal sealed class SetBlock(Expression target, Expression? filter, Statement[] body, Place place) : Statement(place)
{
    /// <summary>What is assigned.</summary>
    public Expression Target { get; } = target;

    /// <summary>The filters, or null.</summary>
    public Expression? Filter { get; } = filter;

    /// <summary>What is captured.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>The variables of the block.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <summary>Whether blocks see it.</summary>
    public bool Export { get; set; }

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Frame.Enter(r);
        r.BeginCapture();
        Flow flow = ExecuteAll(Body, r);
        StrValue text = r.EndCapture();
        if (flow != Flow.Normal)
        {
            return flow;
        }

        Value value = text.AsMarkup(r.AutoEscape);
        if (Filter is not null)
        {
            Value? outer = r.FilterBlockText;
            r.FilterBlockText = value;
            value = Filter.Evaluate(r);
            r.FilterBlockText = outer;
            value = r.AutoEscape ? value.ToStr().AsMarkup(true) : value;
        }

        r.At = Place;
        Targets.Assign(Target, value, r);
        if (Export)
        {
            Targets.Export(Target, r);
        }

        return Flow.Normal;
    }
}

/// <summary><c>{% with a = b %}…{% endwith %}</c>.</summary>
internal sealed class With(Expression[] targets, Expression[] values, Statement[] body, Place place) : Statement(place)
{
    /// <summary>What is assigned.</summary>
    public Expression[] Targets { get; } = targets;

    /// <summary>The values, computed outside.</summary>
    public Expression[] Values { get; } = values;

    /// <summary>The body.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>The variables of the body.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Frame.Enter(r);
        for (int i = 0; i < Targets.Length; i++)
        {
            Value value = Values[i].Evaluate(r);
            r.At = Place;
            Syntax.Targets.Assign(Targets[i], value, r);
            r.PickMessage(value);
        }

        return ExecuteAll(Body, r);
    }
}

/// <summary><c>{% filter f %}…{% endfilter %}</c>.</summary>
internal sealed class FilterBlock(Expression filter, Statement[] body, Place place) : Statement(place)
{
    /// <summary>The filters.</summary>
    public Expression Filter { get; } = filter;

    /// <summary>What is captured.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>The variables of the block.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Frame.Enter(r);
        r.BeginCapture();
        Flow flow = ExecuteAll(Body, r);
        StrValue text = r.EndCapture();
        if (flow != Flow.Normal)
        {
            return flow;
        }

        Value? outer = r.FilterBlockText;
        r.FilterBlockText = text.AsMarkup(r.AutoEscape);
        Value value = Filter.Evaluate(r);
        r.FilterBlockText = outer;
        r.At = Place;
        // Jinja joins what a filter block gives without making it text.
        r.Emit(
            value as StrValue ?? throw TemplateException.Type($"the filter gives {value.TypeName}, not text"),
            Place.Line
        );
        return Flow.Normal;
    }
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

/// <summary><c>{% break %}</c> and <c>{% continue %}</c>.</summary>
internal sealed class Jump(Flow flow, Place place) : Statement(place)
{
    /// <inheritdoc/>
    public override Flow Execute(Renderer r) => flow;
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
        throw TemplateException.Type($"{{% {tag} %}} is not possible: a chat template stands alone (no loader)");
    }
}

/// <summary><c>{% block name %}…{% endblock %}</c>, printed where it stands.</summary>
internal sealed class Block(string name, bool scoped, bool required, Statement[] body, Place place) : Statement(place)
{
    /// <summary>The name.</summary>
    public string Id { get; } = name;

    /// <summary>Whether it sees the variables around it.</summary>
    public bool Scoped { get; } = scoped;

    /// <summary>The body.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>The number of variables of the body.</summary>
    public FunctionScope Scope { get; set; } = null!;

    /// <summary>The variables of the body.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <summary>For a scoped block: the variables around it, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, Slot>> Locals { get; set; } = [];

    /// <summary>Where the body finds <c>self</c>, if it asks.</summary>
    public Slot? Self { get; set; }

    /// <summary>Where the body finds <c>super</c>, if it asks.</summary>
    public Slot? Super { get; set; }

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        r.At = Place;
        if (required)
        {
            throw TemplateException.Type($"Required block '{Id}' not found");
        }

        Render(r, Scoped);
        return Flow.Normal;
    }

    /// <summary>Prints the body.</summary>
    public void Render(Renderer r, bool withLocals)
    {
        r.Descend();
        DictValue? locals = null;
        if (withLocals)
        {
            locals = new DictValue();
            foreach ((string name, Slot slot) in Locals)
            {
                if (r.Load(slot) is { } value)
                {
                    locals.Set(new StrValue(name, null), value);
                }
            }
        }

        Locals outer = r.Locals;
        DictValue? outerOverlay = r.Overlay;
        r.Overlay = locals ?? outerOverlay;
        r.Locals = new Locals(Scope.Count, null);
        if (Self is { } self)
        {
            r.Store(self, new TemplateReference(r.Template));
        }

        if (Super is { } super)
        {
            r.Store(super, new UndefinedValue($"there is no parent block called '{Id}'."));
        }

        Frame.Enter(r);
        ExecuteAll(Body, r);
        r.Locals = outer;
        r.Overlay = outerOverlay;
        r.Ascend();
    }
}

using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

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
        if (Capture.Run(Body, r, out Value value) is not Flow.Normal and var flow)
        {
            return flow;
        }

        if (Filter is not null)
        {
            value = Capture.Apply(Filter, value, r);
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
        if (Capture.Run(Body, r, out Value text) is not Flow.Normal and var flow)
        {
            return flow;
        }

        Value value = Capture.Apply(Filter, text, r);
        r.At = Place;
        // Jinja joins what a filter block gives without making it text.
        r.Emit(
            value as StrValue ?? throw TemplateException.Type($"the filter gives {value.TypeName}, not text"),
            Place.Line
        );
        return Flow.Normal;
    }
}

/// <summary>What blocks that capture have in common.</summary>
file static class Capture
{
    /// <summary>Runs a body; what it prints is the text.</summary>
    public static Flow Run(Statement[] body, Renderer r, out Value text)
    {
        r.BeginCapture();
        Flow flow = Statement.ExecuteAll(body, r);
        text = r.EndCapture().AsMarkup(r.AutoEscape);
        return flow;
    }

    /// <summary>Sends a captured text through filters.</summary>
    public static Value Apply(Expression filters, Value text, Renderer r)
    {
        Value? outer = r.FilterBlockText;
        r.FilterBlockText = text;
        Value value = filters.Evaluate(r);
        r.FilterBlockText = outer;
        return value;
    }
}

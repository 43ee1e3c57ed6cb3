using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

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

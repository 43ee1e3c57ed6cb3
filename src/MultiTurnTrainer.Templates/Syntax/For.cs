using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary><c>{% for target in items if test recursive %}…{% else %}…{% endfor %}</c>.</summary>
internal sealed class For(
    Expression target,
    Expression items,
    Expression? test,
    bool recursive,
    Statement[] body,
    Statement[] otherwise,
    Place place
) : Statement(place)
{
    /// <summary>What each item is assigned to.</summary>
    public Expression Target { get; } = target;

    /// <summary>The items, computed outside.</summary>
    public Expression Items { get; } = items;

    /// <summary>Which items to take; null takes all.</summary>
    public Expression? Test { get; } = test;

    /// <summary>Whether <c>loop(…)</c> may run the body again.</summary>
    public bool Recursive { get; } = recursive;

    /// <summary>The body.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>What runs when no turn of the body came to its end.</summary>
    public Statement[] Otherwise { get; } = otherwise;

    /// <summary>Where <c>loop</c> lives; null when the body never asks for it.</summary>
    public Slot? LoopSlot { get; set; }

    /// <summary>The variables of the body.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <summary>The variables of the else part.</summary>
    public FrameEntry ElseFrame { get; set; } = FrameEntry.Empty;

    /// <summary>The variables of the test, a function of its own.</summary>
    public FunctionScope? TestScope { get; set; }

    /// <summary>The variables of the test.</summary>
    public FrameEntry TestFrame { get; set; } = FrameEntry.Empty;

    /// <summary>The target as the test sees it.</summary>
    public Expression? TestTarget { get; set; }

    /// <summary>For a recursive loop: its function.</summary>
    public FunctionScope? Scope { get; set; }

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Value value = Items.Evaluate(r);
        if (!Recursive)
        {
            return Run(r, value, 0, null);
        }

        Locals closure = r.Locals;
        StrValue RunAt(Value items, int depth)
        {
            r.Descend();
            Locals outer = r.Locals;
            r.Locals = new Locals(Scope!.Count, closure);
            r.BeginCapture();
            Run(r, items, depth, RunAt);
            StrValue text = r.EndCapture();
            r.Locals = outer;
            r.Ascend();
            return text;
        }

        r.Emit(RunAt(value, 0), Place.Line);
        return Flow.Normal;
    }

    private Flow Run(Renderer r, Value value, int depth, Func<Value, int, StrValue>? recurse)
    {
        r.At = Place;
        Value source = Test is null ? value : new IteratorValue(Selected(r, value, r.Locals));
        LoopScope outer = r.Loop;
        bool boundMessage = false;
        bool ended = false;
        if (LoopSlot is { } slot)
        {
            LoopValue loop = new(source, recurse, depth);
            r.Store(slot, loop);
            while (loop.Next() is { } item)
            {
                if (Turn(r, item, outer, ref boundMessage, ref ended) == Flow.Break)
                {
                    break;
                }

                r.At = Place;
            }
        }
        else
        {
            foreach (Value item in source.Iterate())
            {
                if (Turn(r, item, outer, ref boundMessage, ref ended) == Flow.Break)
                {
                    break;
                }

                r.At = Place;
            }
        }

        r.EndLoop(outer, boundMessage);
        Frame.Leave(r);
        if (Otherwise.Length == 0 || ended)
        {
            return Flow.Normal;
        }

        ElseFrame.Enter(r);
        return ExecuteAll(Otherwise, r);
    }

    private Flow Turn(Renderer r, Value item, LoopScope outer, ref bool boundMessage, ref bool ended)
    {
        r.Step();
        r.At = Place;
        Targets.Assign(Target, item, r);
        r.BeginTurn(outer, item);
        Frame.Enter(r);
        Flow flow = ExecuteAll(Body, r);
        boundMessage |= r.Loop.Message >= 0 && outer.Message < 0;
        ended |= flow == Flow.Normal;
        return flow;
    }

    private IEnumerable<Value> Selected(Renderer r, Value value, Locals closure)
    {
        Locals own = new(TestScope!.Count, closure);
        Locals outer = r.Locals;
        r.Locals = own;
        TestFrame.Enter(r);
        r.Locals = outer;
        foreach (Value item in value.Iterate())
        {
            r.Step();
            outer = r.Locals;
            r.Locals = own;
            Targets.Assign(TestTarget!, item, r);
            bool take = Test!.Evaluate(r).Truthy;
            r.Locals = outer;
            if (take)
            {
                yield return item;
            }
        }
    }
}

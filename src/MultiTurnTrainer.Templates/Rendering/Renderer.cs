// Folder Rendering: runs a parsed template and collects its text with origins.
// Refuses to know: syntax.
using MultiTurnTrainer.Templates.Builtins;
using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Rendering;

/// <summary>The state of one rendering.</summary>
internal sealed class Renderer
{
    private readonly Dictionary<string, Value> _variables;
    private Stack<List<StrValue>>? _captures;
    private readonly bool _tracked;
    private List<StrValue>? _capture;
    private Dictionary<string, Value>? _exported;
    private int _depth;
    private int _loopEnd = -1;

    /// <summary>Begins a rendering.</summary>
    public Renderer(ParsedTemplate template, Dictionary<string, Value> variables, DateTimeOffset? now, bool tracked)
    {
        Template = template;
        _variables = variables;
        _tracked = tracked;
        Now = now;
        Output = new TextSink(tracked);
        Locals = new Locals(template.Scope.Count, null);
    }

    /// <summary>The template.</summary>
    public ParsedTemplate Template { get; }

    /// <summary>The printed text.</summary>
    public TextSink Output { get; }

    /// <summary>The date for <c>strftime_now</c>.</summary>
    public DateTimeOffset? Now { get; }

    /// <summary>The running function's variables.</summary>
    public Locals Locals { get; set; }

    /// <summary>Variables that a scoped block sees besides the template's.</summary>
    public DictValue? Overlay { get; set; }

    /// <summary>What was last begun: where an error is reported.</summary>
    public Place At { get; set; }

    /// <summary>Whether printed values are escaped for HTML.</summary>
    public bool AutoEscape { get; set; }

    /// <summary>How many tests of <c>add_generation_prompt</c> are around.</summary>
    public int PromptDepth { get; set; }

    /// <summary>How many generation blocks are around.</summary>
    public int GenerationDepth { get; set; }

    /// <summary>The captured text a filter block's filter applies to.</summary>
    public Value? FilterBlockText { get; set; }

    /// <summary>The message being emitted.</summary>
    public LoopScope Loop { get; set; } = new(-1, false);

    /// <summary>Where the text after the last loop over messages begins, or -1.</summary>
    public int LoopEnd => _loopEnd;

    /// <summary>Runs the template.</summary>
    public void Run()
    {
        try
        {
            Template.Execute(this);
        }
        catch (TemplateException problem) when (problem.Line == 0)
        {
            problem.Line = At.Line;
            problem.Column = At.Column;
            throw;
        }
    }

    /// <summary>A variable's value, or null.</summary>
    public Value? Load(Slot slot)
    {
        Locals locals = Locals;
        for (int i = 0; i < slot.Hops; i++)
        {
            locals = locals.Parent!;
        }

        return locals.Values[slot.Index];
    }

    /// <summary>Sets a variable.</summary>
    public void Store(Slot slot, Value value)
    {
        Locals locals = Locals;
        for (int i = 0; i < slot.Hops; i++)
        {
            locals = locals.Parent!;
        }

        locals.Values[slot.Index] = value;
    }

    /// <summary>Looks a name up among the template's variables and the globals.</summary>
    public Value? Resolve(string name)
    {
        if (Overlay?.Get(name) is { } local)
        {
            return local;
        }

        if (_exported is not null && _exported.TryGetValue(name, out Value? exported))
        {
            return exported;
        }

        return _variables.TryGetValue(name, out Value? value) ? value : Globals.Find(name);
    }

    /// <summary>Makes a top-level assignment visible to blocks.</summary>
    public void Export(string name, Value value) =>
        (_exported ??= new Dictionary<string, Value>(StringComparer.Ordinal))[name] = value;

    /// <summary>Counts a turn of a loop or a call.</summary>
    public void Step() => RenderBudget.Spend(10);

    /// <summary>Enters a function.</summary>
    public void Descend()
    {
        Nesting.Enter();
        Step();
        if (++_depth > Limits.MaxDepth)
        {
            throw TemplateException.Type("maximum recursion depth exceeded");
        }
    }

    /// <summary>Leaves a function.</summary>
    public void Ascend() => _depth--;

    /// <summary>Begins to collect what is printed.</summary>
    public void BeginCapture()
    {
        RenderBudget.Items(8);
        if (_capture is not null)
        {
            (_captures ??= new()).Push(_capture);
        }

        _capture = [];
    }

    /// <summary>Gives what was collected.</summary>
    public StrValue EndCapture()
    {
        List<StrValue> parts = _capture!;
        RenderBudget.Items(parts.Count);
        _capture = _captures is { Count: > 0 } ? _captures.Pop() : null;
        return parts.Count switch
        {
            0 => StrValue.Empty,
            1 => parts[0],
            _ => StrValue.Join([.. parts]),
        };
    }

    /// <summary>Prints text of the template.</summary>
    public void EmitLiteral(StrValue text, int line)
    {
        if (_capture is not null)
        {
            RenderBudget.Items(12);
            _capture.Add(_tracked ? text.Stamp(Loop.Message, line, Traits()) : text);
        }
        else
        {
            Output.Append(text, Loop.Message, line, _tracked ? Traits() : SpanTraits.None);
        }
    }

    /// <summary>Prints a value's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="line">The printing line.</param>
    public void Emit(StrValue text, int line)
    {
        RenderBudget.Spend(1);
        if (text.Chars == 0)
        {
            return;
        }

        if (!_tracked)
        {
            if (_capture is not null)
            {
                RenderBudget.Items(12);
                _capture.Add(text.IsMarkup ? text.AsMarkup(false) : text);
            }
            else
            {
                Output.AppendUntracked(text);
            }

            return;
        }

        SpanTraits traits = Traits();
        // Outside every loop, the first message whose data is printed gives the context.
        int context = Loop.Message >= 0 ? Loop.Message : MessageOf(text);
        if (text.IsLeaf)
        {
            EmitLeaf(text, context, line, traits);
            return;
        }

        text.ForEachLeaf(
            (this, context, line, traits),
            static (s, leaf) => s.Item1.EmitLeaf(leaf, s.context, s.line, s.traits)
        );
    }

    /// <summary>Begins a turn of a loop over this item.</summary>
    public void BeginTurn(LoopScope outer, Value item)
    {
        int message = MessageIndex(item);
        Loop = message >= 0 ? new LoopScope(message, false) : new LoopScope(outer.Message, item is IntValue);
    }

    /// <summary>Ends a loop.</summary>
    public void EndLoop(LoopScope outer, bool boundMessage)
    {
        Loop = outer;
        if (boundMessage && _capture is null)
        {
            _loopEnd = Output.Length;
        }
    }

    /// <summary>A body of a loop over positions picked up a message.</summary>
    public void PickMessage(Value value)
    {
        if (Loop.ByPosition && value is DictValue { MessageIndex: >= 0 and var message })
        {
            Loop = new LoopScope(message, true);
        }
    }

    /// <summary>A macro keeps the message of its caller, but its assignments pick none.</summary>
    public LoopScope EnterMacro()
    {
        LoopScope outer = Loop;
        Loop = new LoopScope(outer.Message, false);
        return outer;
    }

    private static int MessageIndex(Value item)
    {
        switch (item)
        {
            case DictValue dict:
                return dict.MessageIndex;
            case ListValue { IsTuple: true } tuple:
                RenderBudget.Spend(tuple.Items.Count);
                foreach (Value part in tuple.Items)
                {
                    if (part is DictValue { MessageIndex: >= 0 and var index })
                    {
                        return index;
                    }
                }

                return -1;
            default:
                return -1;
        }
    }

    private static int MessageOf(StrValue text)
    {
        if (text.IsLeaf)
        {
            return text.Origin?.MessageIndex ?? -1;
        }

        foreach (StrValue leaf in text.Leaves())
        {
            if (leaf is { Chars: > 0, Origin: { MessageIndex: >= 0 } origin })
            {
                return origin.MessageIndex;
            }
        }

        return -1;
    }

    private void EmitLeaf(StrValue leaf, int context, int line, SpanTraits traits)
    {
        // What was captured under a loop stays there, wherever it is printed in the end.
        SpanTraits all =
            leaf.Context >= 0
                ? leaf.Traits | (traits & ~SpanTraits.OutsideLoop)
                : (leaf.Traits & ~SpanTraits.OutsideLoop) | traits;
        if (_capture is not null)
        {
            RenderBudget.Items(12);
            _capture.Add(leaf.Stamp(context, line, all));
            return;
        }

        Output.Append(leaf, leaf.Context >= 0 ? leaf.Context : context, leaf.Line > 0 ? leaf.Line : line, all);
    }

    private SpanTraits Traits() =>
        (GenerationDepth > 0 ? SpanTraits.Generation : 0)
        | (PromptDepth > 0 ? SpanTraits.GenerationPrompt : 0)
        | (Loop.Message < 0 ? SpanTraits.OutsideLoop : 0);
}

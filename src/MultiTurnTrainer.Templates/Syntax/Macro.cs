using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>The parameters and body of a macro, a call block or a generation block.</summary>
internal sealed class MacroBody(string? name, Name[] parameters, Expression[] defaults, Statement[] body, Place place)
{
    /// <summary>The macro's name; null for call blocks.</summary>
    public string? Id { get; } = name;

    /// <summary>The parameters.</summary>
    public Name[] Parameters { get; } = parameters;

    /// <summary>The defaults of the last parameters.</summary>
    public Expression[] Defaults { get; } = defaults;

    /// <summary>The body.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>Where it is written.</summary>
    public Place Place { get; } = place;

    /// <summary>The function's variables.</summary>
    public FunctionScope Scope { get; set; } = null!;

    /// <summary>The variables to prepare.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <summary>Where <c>caller</c> goes, when the body asks for it and it is no parameter.</summary>
    public Slot? Caller { get; set; }

    /// <summary>Where <c>kwargs</c> goes.</summary>
    public Slot? Named { get; set; }

    /// <summary>Where <c>varargs</c> goes.</summary>
    public Slot? Rest { get; set; }
}

/// <summary><c>{% macro name(…) %}…{% endmacro %}</c>.</summary>
internal sealed class Macro(Name target, MacroBody body, Place place) : Statement(place)
{
    /// <summary>The variable that holds the macro.</summary>
    public Name Target { get; } = target;

    /// <summary>The macro.</summary>
    public MacroBody Body { get; } = body;

    /// <summary>Whether blocks see it.</summary>
    public bool Export { get; set; }

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        MacroValue macro = new(Body, r.Locals);
        r.Store(Target.Slot, macro);
        if (Export)
        {
            r.Export(Target.Id, macro);
        }

        return Flow.Normal;
    }
}

/// <summary><c>{% call(…) f(…) %}…{% endcall %}</c>.</summary>
internal sealed class CallBlock(Call call, MacroBody body, Place place) : Statement(place)
{
    /// <summary>The call.</summary>
    public Call Call { get; } = call;

    /// <summary>What <c>caller()</c> runs.</summary>
    public MacroBody Body { get; } = body;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        Value value = Call.Evaluate(r, new MacroValue(Body, r.Locals));
        r.At = Place;
        r.Emit(value.ToStr(), Place.Line);
        return Flow.Normal;
    }
}

/// <summary><c>{% generation %}…{% endgeneration %}</c>: a call block whose text is marked.</summary>
internal sealed class Generation(MacroBody body, Place place) : Statement(place)
{
    /// <summary>What it marks.</summary>
    public MacroBody Body { get; } = body;

    /// <inheritdoc/>
    public override Flow Execute(Renderer r)
    {
        r.GenerationDepth++;
        Value value = new MacroValue(Body, r.Locals).Invoke(r, Arguments.None);
        r.Emit((StrValue)value, Place.Line);
        r.GenerationDepth--;
        return Flow.Normal;
    }
}

/// <summary>A macro with the variables around its definition.</summary>
internal sealed class MacroValue(MacroBody body, Locals closure) : Value
{
    /// <inheritdoc/>
    public override string TypeName => "Macro";

    /// <inheritdoc/>
    public override bool IsCallable => true;

    /// <inheritdoc/>
    public override void Repr(TextBuilder text) =>
        text.Append(body.Id is null ? "<Macro anonymous>" : $"<Macro '{body.Id}'>");

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        name switch
        {
            "name" => body.Id is null ? NoneValue.Instance : StrValue.Computed(body.Id),
            "arguments" => new ListValue([.. body.Parameters.Select(p => StrValue.Computed(p.Id))], isTuple: true),
            "catch_kwargs" => BoolValue.Of(body.Named is not null),
            "catch_varargs" => BoolValue.Of(body.Rest is not null),
            "caller" => BoolValue.Of(body.Caller is not null),
            "explicit_caller" => BoolValue.Of(body.Parameters.Any(p => p.Id == "caller")),
            _ => PrivateNames.Find(this, name),
        };

    /// <inheritdoc/>
    public override Value Call(Renderer r, Arguments arguments) => Invoke(r, arguments);

    /// <summary>Runs the body and gives its text.</summary>
    public Value Invoke(Renderer r, Arguments arguments)
    {
        r.Descend();
        Locals outer = r.Locals;
        Locals own = new(body.Scope.Count, closure);
        RenderBudget.Items(arguments.Named.Count * (1L + body.Parameters.Length));
        List<KeyValuePair<string, Value>> named = [.. arguments.Named];
        int count = body.Parameters.Length;
        int given = Math.Min(count, arguments.Positional.Count);
        for (int i = 0; i < given; i++)
        {
            own.Values[body.Parameters[i].Slot.Index] = arguments.Positional[i];
        }

        bool foundCaller = given == count && body.Parameters.Any(p => p.Id == "caller");
        for (int i = given; i < count; i++)
        {
            foundCaller |= body.Parameters[i].Id == "caller";
            own.Values[body.Parameters[i].Slot.Index] = Take(named, body.Parameters[i].Id);
        }

        if (body.Caller is { } callerSlot && !foundCaller)
        {
            Value? caller = Take(named, "caller");
            own.Values[callerSlot.Index] = caller is null or NoneValue
                ? new UndefinedValue("No caller defined")
                : caller;
        }

        if (body.Named is { } namedSlot)
        {
            DictValue dict = new();
            foreach ((string name, Value value) in named)
            {
                dict.Set(StrValue.Computed(name), value);
            }

            own.Values[namedSlot.Index] = dict;
        }
        else if (named.Count > 0)
        {
            throw TemplateException.Type(
                named.Exists(n => n.Key == "caller")
                    ? $"macro '{body.Id}' was invoked with two values for the special caller argument. This is most likely a bug."
                    : $"macro '{body.Id}' takes no keyword argument '{named[0].Key}'"
            );
        }

        if (body.Rest is { } restSlot)
        {
            own.Values[restSlot.Index] = new ListValue([.. arguments.Positional.Skip(count)], isTuple: true);
        }
        else if (arguments.Positional.Count > count)
        {
            throw TemplateException.Type($"macro '{body.Id}' takes not more than {count} argument(s)");
        }

        return Run(r, own, outer);
    }

    private StrValue Run(Renderer r, Locals own, Locals outer)
    {
        r.Locals = own;
        LoopScope loop = r.EnterMacro();
        int prompt = r.PromptDepth;
        body.Frame.Enter(r);
        for (int i = 0; i < body.Parameters.Length; i++)
        {
            int at = body.Parameters[i].Slot.Index;
            if (own.Values[at] is null)
            {
                int d = i - (body.Parameters.Length - body.Defaults.Length);
                own.Values[at] =
                    d >= 0
                        ? body.Defaults[d].Evaluate(r)
                        : new UndefinedValue($"parameter '{body.Parameters[i].Id}' was not provided");
            }
        }

        r.BeginCapture();
        Statement.ExecuteAll(body.Body, r);
        StrValue text = r.EndCapture();
        r.PromptDepth = prompt;
        r.Loop = loop;
        r.Locals = outer;
        r.Ascend();
        return text.AsMarkup(r.AutoEscape);
    }

    private static Value? Take(List<KeyValuePair<string, Value>> named, string name)
    {
        int at = named.FindIndex(n => n.Key == name);
        if (at < 0)
        {
            return null;
        }

        Value value = named[at].Value;
        named.RemoveAt(at);
        return value;
    }
}

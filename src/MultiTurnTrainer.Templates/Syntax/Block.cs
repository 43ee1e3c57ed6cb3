using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

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

using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Rendering;

/// <summary>A template ready to run: its statements with every variable placed.</summary>
internal sealed class ParsedTemplate(Statement[] body)
{
    /// <summary>The statements.</summary>
    public Statement[] Body { get; } = body;

    /// <summary>The variables of the top level.</summary>
    public FunctionScope Scope { get; set; } = null!;

    /// <summary>The variables to prepare.</summary>
    public FrameEntry Frame { get; set; } = FrameEntry.Empty;

    /// <summary>Where <c>self</c> goes, if asked for.</summary>
    public Slot? Self { get; set; }

    /// <summary>The blocks by name.</summary>
    public Dictionary<string, Block> Blocks { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs the top level.</summary>
    public void Execute(Renderer r)
    {
        if (Self is { } self)
        {
            r.Store(self, new TemplateReference(this));
        }

        Frame.Enter(r);
        Statement.ExecuteAll(Body, r);
    }
}

/// <summary><c>self</c>: the blocks as functions.</summary>
internal sealed class TemplateReference(ParsedTemplate template) : Value
{
    /// <inheritdoc/>
    public override string TypeName => "TemplateReference";

    /// <inheritdoc/>
    public override bool HasGetItem => true;

    /// <inheritdoc/>
    public override void Repr(TextBuilder text) => text.Append("<TemplateReference None>");

    /// <inheritdoc/>
    public override Value? GetAttr(string name) => PrivateNames.Find(this, name);

    /// <inheritdoc/>
    public override Value? GetItem(Value key)
    {
        if (key is not StrValue name || !template.Blocks.TryGetValue(name.Text, out Block? block))
        {
            return null;
        }

        return new FunctionValue(
            new Builtin(
                name.Text,
                "",
                (r, _) =>
                {
                    r.BeginCapture();
                    block.Render(r, withLocals: false);
                    return r.EndCapture().AsMarkup(r.AutoEscape);
                }
            ),
            null
        );
    }
}

namespace MultiTurnTrainer.Templates.Values;

/// <summary>jinja2's <c>Undefined</c>: prints as nothing, is false and empty, and fails at anything else.</summary>
/// <param name="message">What the error says; of an attribute that an object lacks, its name.</param>
/// <param name="security">Whether the sandbox made it.</param>
internal sealed class UndefinedValue(string message, bool security = false) : Value
{
    // Templates ask for many attributes that are not there and seldom fail at one.
    private readonly Value? _owner;

    private UndefinedValue(Value owner, string attribute)
        : this(attribute) => _owner = owner;

    /// <inheritdoc/>
    public override string TypeName => "Undefined";

    /// <inheritdoc/>
    public override bool Truthy => false;

    /// <inheritdoc/>
    public override int Length => 0;

    /// <inheritdoc/>
    public override bool IsIterable => true;

    /// <inheritdoc/>
    public override bool HasGetItem => true;

    /// <inheritdoc/>
    public override bool IsCallable => true;

    /// <summary>A name that nothing defines.</summary>
    public static UndefinedValue Name(string name)
    {
        RenderBudget.Make(4, 150);
        return new UndefinedValue($"'{name}' is undefined");
    }

    /// <summary>An attribute or item that an object lacks.</summary>
    public static UndefinedValue Attribute(Value owner, string name)
    {
        RenderBudget.Make(4 + (name.Length / 8), 200 + (2 * name.Length));
        return new UndefinedValue(owner, name);
    }

    /// <summary>An item that an object lacks.</summary>
    public static UndefinedValue Item(Value owner, Value key)
    {
        if (key is StrValue name)
        {
            return Attribute(owner, name.Text);
        }

        return new UndefinedValue($"{Describe(owner)} has no element {(key is ScalarValue s ? s.Text : key.TypeName)}");
    }

    /// <summary>An attribute that the sandbox forbids.</summary>
    public static UndefinedValue Unsafe(Value owner, string name) =>
        new($"access to attribute '{name}' of '{owner.TypeName}' object is unsafe.", security: true);

    /// <summary>The error of using it.</summary>
    public TemplateException Fail() =>
        new(
            security ? TemplateErrorKind.Security : TemplateErrorKind.Undefined,
            _owner is null ? message : $"'{Describe(_owner)}' has no attribute '{message}'"
        );

    /// <inheritdoc/>
    public override StrValue ToStr() => StrValue.Empty;

    /// <inheritdoc/>
    public override void Repr(TextBuilder text) => text.Append("Undefined");

    /// <inheritdoc/>
    public override bool Eq(Value other) => other is UndefinedValue;

    /// <inheritdoc/>
    public override int Hash() => 11;

    /// <inheritdoc/>
    public override IEnumerable<Value> Iterate() => [];

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal)
            ? PrivateNames.Find(this, name)
            : throw Fail();

    /// <inheritdoc/>
    public override Value? GetItem(Value key) => throw Fail();

    /// <inheritdoc/>
    public override Value Slice(SliceBounds bounds) => throw Fail();

    /// <inheritdoc/>
    public override Value Call(Rendering.Renderer r, Arguments arguments) => throw Fail();

    private static string Describe(Value owner) => owner is NoneValue ? "None" : $"{owner.TypeName} object";
}

namespace MultiTurnTrainer.Templates.Values;

/// <summary>None, booleans and numbers: their whole text has the origin of the value.</summary>
internal abstract class ScalarValue(Origin? origin) : Value
{
    /// <summary>Where the value came from; null for values the template made.</summary>
    public Origin? Origin { get; } = origin;

    /// <summary>repr(x), which is str(x) for these.</summary>
    public abstract string Text { get; }

    /// <inheritdoc/>
    public override StrValue ToStr() => new(Text, Origin ?? Origin.Computed);

    /// <inheritdoc/>
    public override void Repr(TextBuilder text) => text.Append(ToStr());

    /// <inheritdoc/>
    public override Value? GetAttr(string name) =>
        Numbers.IsNumber(this) && Builtins.NumberMethods.Find(this, name) is { } found
            ? found
            : PrivateNames.Find(this, name);
}

/// <summary>None.</summary>
/// <param name="origin">Where it came from.</param>
/// <param name="isTestedOnly">Whether templates may test it but not print it.</param>
internal sealed class NoneValue(Origin? origin, bool isTestedOnly = false) : ScalarValue(origin)
{
    /// <summary>The None of the template.</summary>
    public static NoneValue Instance { get; } = new(null);

    /// <inheritdoc/>
    public override string TypeName => "NoneType";

    /// <inheritdoc/>
    public override bool Truthy => false;

    /// <inheritdoc/>
    public override string Text => Printed("None");

    /// <summary>The text in JSON.</summary>
    public string Json => Printed("null");

    /// <inheritdoc/>
    public override bool Eq(Value other) => other is NoneValue;

    /// <inheritdoc/>
    public override int Hash() => 7;

    private string Printed(string text) =>
        isTestedOnly ? throw TemplateException.Type("a null key of a message would be printed") : text;
}

/// <summary>True or False.</summary>
internal sealed class BoolValue(bool value, Origin? origin) : ScalarValue(origin)
{
    /// <summary>The True of the template.</summary>
    public static BoolValue True { get; } = new(true, null);

    /// <summary>The False of the template.</summary>
    public static BoolValue False { get; } = new(false, null);

    /// <inheritdoc/>
    public override string TypeName => "bool";

    /// <inheritdoc/>
    public override bool Truthy => value;

    /// <inheritdoc/>
    public override string Text => value ? "True" : "False";

    /// <summary>A truth value made by the template.</summary>
    public static BoolValue Of(bool value) => value ? True : False;

    /// <inheritdoc/>
    public override bool Eq(Value other) => Numbers.Equal(this, other);

    /// <inheritdoc/>
    public override int Hash() => value ? 1.GetHashCode() : 0.GetHashCode();
}

/// <summary>An int of any size.</summary>
internal sealed class IntValue : ScalarValue
{
    private static readonly IntValue[] _cache = [.. Enumerable.Range(-16, 1040).Select(i => new IntValue(i, null))];

    /// <summary>A number that fits 64 bits.</summary>
    public IntValue(long value, Origin? origin)
        : base(origin)
    {
        Small = value;
        Big = value;
    }

    private IntValue(BigInteger value, Origin? origin)
        : base(origin)
    {
        Big = value;
        IsBig = true;
    }

    /// <summary>The value, when it fits.</summary>
    public long Small { get; }

    /// <summary>The value.</summary>
    public BigInteger Big { get; }

    /// <summary>Whether the value needs more than 64 bits.</summary>
    public bool IsBig { get; }

    /// <inheritdoc/>
    public override string TypeName => "int";

    /// <inheritdoc/>
    public override bool Truthy => IsBig || Small != 0;

    /// <inheritdoc/>
    public override string Text
    {
        get
        {
            long bits = IsBig ? Big.GetBitLength() : 64;
            RenderBudget.Product(bits, bits);
            RenderBudget.Mapped(2 + (bits / 3));
            return Big.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A number made by the template.</summary>
    public static IntValue Of(long value) =>
        value is >= -16 and < 1024 ? _cache[value + 16] : new IntValue(value, null);

    /// <summary>A number of any size.</summary>
    public static IntValue Of(BigInteger value, Origin? origin = null) =>
        value >= long.MinValue && value <= long.MaxValue
            ? (origin is null ? Of((long)value) : new IntValue((long)value, origin))
            : new IntValue(value, origin);

    /// <inheritdoc/>
    public override bool Eq(Value other) => Numbers.Equal(this, other);

    /// <inheritdoc/>
    public override int Hash() => IsBig ? ((double)Big).GetHashCode() : Small.GetHashCode();
}

/// <summary>A float.</summary>
internal sealed class FloatValue(double value, Origin? origin) : ScalarValue(origin)
{
    /// <summary>The value.</summary>
    public double Number { get; } = value;

    /// <inheritdoc/>
    public override string TypeName => "float";

    /// <inheritdoc/>
    public override bool Truthy => Number != 0;

    /// <inheritdoc/>
    public override string Text => FloatText.Repr(Number);

    /// <summary>A number made by the template.</summary>
    public static FloatValue Of(double value) => new(value, null);

    /// <inheritdoc/>
    public override bool Eq(Value other) => Numbers.Equal(this, other);

    /// <inheritdoc/>
    public override int Hash() =>
        Number == Math.Floor(Number) && Math.Abs(Number) < 9e18 ? ((long)Number).GetHashCode() : Number.GetHashCode();
}

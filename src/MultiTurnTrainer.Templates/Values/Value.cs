// Folder Values: Python's values with the origin of their characters.
// Refuses to know: syntax, conversations.
using MultiTurnTrainer.Templates.Rendering;

namespace MultiTurnTrainer.Templates.Values;

/// <summary>A Python value as templates see it. Each type answers Python's protocols in its own class.</summary>
internal abstract class Value
{
    /// <summary>The name of the Python type, as error messages have it.</summary>
    public abstract string TypeName { get; }

    /// <summary>bool(x).</summary>
    public virtual bool Truthy => true;

    /// <summary>len(x), or -1 where Python raises TypeError.</summary>
    public virtual int Length => -1;

    /// <summary>Whether <c>iter(x)</c> works.</summary>
    public virtual bool IsIterable => false;

    /// <summary>Whether <c>x.__getitem__</c> exists.</summary>
    public virtual bool HasGetItem => false;

    /// <summary>Whether <c>callable(x)</c>.</summary>
    public virtual bool IsCallable => false;

    /// <summary>Whether the value may be a dictionary key.</summary>
    public virtual bool IsHashable => true;

    /// <summary>str(x), with the origins of its parts.</summary>
    public virtual StrValue ToStr()
    {
        TextBuilder text = new();
        Repr(text);
        return text.Build().AsStringified();
    }

    /// <summary>repr(x).</summary>
    public virtual void Repr(TextBuilder text) =>
        // The address of an object would reach the text: no two runs agree, so no text is right.
        throw TemplateException.Type($"a '{TypeName}' object cannot be printed: its text would be a memory address");

    /// <summary>x == y.</summary>
    public virtual bool Eq(Value other) => ReferenceEquals(this, other);

    /// <summary>hash(x), equal for equal values.</summary>
    public virtual int Hash() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <summary>How many containers lie inside each other at most, this one counted.</summary>
    public virtual int Depth => 0;

    /// <summary>iter(x).</summary>
    public virtual IEnumerable<Value> Iterate() => throw TemplateException.Type($"'{TypeName}' object is not iterable");

    /// <summary>getattr(x, name); null where Python raises AttributeError.</summary>
    public virtual Value? GetAttr(string name) => null;

    /// <summary>x[key]; null where Python raises TypeError or LookupError.</summary>
    public virtual Value? GetItem(Value key) => null;

    /// <summary>x[start:stop:step].</summary>
    public virtual Value Slice(SliceBounds bounds) =>
        throw TemplateException.Type($"'{TypeName}' object is not subscriptable");

    /// <summary>x(...).</summary>
    public virtual Value Call(Renderer r, Arguments arguments) =>
        throw TemplateException.Type($"'{TypeName}' object is not callable");

    /// <summary>y in x.</summary>
    public virtual bool Contains(Value item)
    {
        if (!IsIterable)
        {
            throw TemplateException.Type($"argument of type '{TypeName}' is not iterable");
        }

        foreach (Value value in Iterate())
        {
            RenderBudget.Spend(1);
            if (ReferenceEquals(value, item) || value.Eq(item))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the sandbox hides an attribute that exists: private ones, and methods that change the object.</summary>
    public virtual bool IsUnsafe(string attribute) => attribute.StartsWith('_');
}

/// <summary>The bounds of a slice, None as null.</summary>
internal readonly record struct SliceBounds(Value? Start, Value? Stop, Value? Step)
{
    /// <summary>The first index that a slice of a sequence of this length picks, how many it picks, and how far apart.</summary>
    public (int Start, int Count, int Step) Resolve(int length)
    {
        (long start, long stop, long step) = Indices(length);
        long span = step < 0 ? start - stop : stop - start;
        long stride = step < 0 ? -step : step;
        long count = span <= 0 ? 0 : ((span - 1) / stride) + 1;
        return ((int)start, (int)count, (int)Math.Clamp(step, int.MinValue, int.MaxValue));
    }

    /// <summary>Start, stop and step for a sequence of this length, as Python's <c>slice.indices</c>.</summary>
    public (long Start, long Stop, long Step) Indices(int length)
    {
        long step = Index(Step) ?? 1;
        if (step == 0)
        {
            throw TemplateException.Type("slice step cannot be zero");
        }

        long low = step < 0 ? -1 : 0;
        long high = step < 0 ? length - 1 : length;
        long start = Clamp(Index(Start), step < 0 ? high : low, length, low, high);
        long stop = Clamp(Index(Stop), step < 0 ? low : high, length, low, high);
        return (start, stop, step);
    }

    private static long Clamp(long? index, long missing, int length, long low, long high)
    {
        if (index is not { } i)
        {
            return missing;
        }

        return Math.Clamp(i < 0 ? i + length : i, low, high);
    }

    private static long? Index(Value? value) =>
        value switch
        {
            null or NoneValue => null,
            IntValue { IsBig: true } big => big.Big.Sign < 0 ? int.MinValue : int.MaxValue,
            IntValue i => Math.Clamp(i.Small, int.MinValue, int.MaxValue),
            BoolValue b => b.Truthy ? 1 : 0,
            UndefinedValue => throw TemplateException.Type(
                "slice indices must be integers or None or have an __index__ method"
            ),
            _ => throw TemplateException.Type("slice indices must be integers or None or have an __index__ method"),
        };
}

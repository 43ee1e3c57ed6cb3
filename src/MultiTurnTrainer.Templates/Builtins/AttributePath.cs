using MultiTurnTrainer.Templates.Syntax;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>An attribute such as <c>"function.name"</c> or <c>"items.0"</c>, looked up as items.</summary>
internal sealed class AttributePath
{
    private readonly Value[] _parts;
    private readonly Value? _missing;

    /// <summary>Reads a path.</summary>
    /// <param name="attribute">A text with dots, a number, or None for the value itself.</param>
    /// <param name="missing">What replaces an undefined step; null keeps it undefined.</param>
    public AttributePath(Value attribute, Value? missing = null)
    {
        _missing = missing;
        RenderBudget.Chars(attribute is StrValue path ? 8 * path.Chars : 0);
        _parts = attribute switch
        {
            NoneValue => [],
            StrValue s =>
            [
                .. s
                    .Text.Split('.')
                    .Select(part =>
                        part.Length > 0 && part.All(char.IsAsciiDigit)
                            ? (Value)IntValue.Of(ValueFilters.ParseInt(part, 10) ?? 0)
                            : new StrValue(part, s.IsLeaf ? s.Origin : null)
                    ),
            ],
            _ => [attribute],
        };
    }

    /// <summary>Several paths with commas between.</summary>
    public static AttributePath[] Several(Value attribute) =>
        attribute is StrValue s
            ? [.. s.Text.Split(',').Select(part => new AttributePath(new StrValue(part, null)))]
            : [new AttributePath(attribute)];

    /// <summary>The value at the path.</summary>
    public Value Get(Value item)
    {
        RenderBudget.Spend(1);
        foreach (Value part in _parts)
        {
            item = ItemAccess.Get(item, part);
            if (_missing is not null && item is UndefinedValue)
            {
                item = _missing;
            }
        }

        return item;
    }
}

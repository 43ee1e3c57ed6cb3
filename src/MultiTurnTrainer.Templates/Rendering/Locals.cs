using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Rendering;

/// <summary>The variables of one running function (the template, a macro call…) and those around it.</summary>
internal sealed class Locals(int count, Locals? parent)
{
    /// <summary>The values; null where nothing was assigned.</summary>
    public Value?[] Values { get; } = Allocate(count);

    /// <summary>The function around.</summary>
    public Locals? Parent { get; } = parent;

    private static Value?[] Allocate(int count)
    {
        RenderBudget.Items(count);
        return new Value?[count];
    }
}

/// <summary>Where a variable lives: so many functions out, at this index.</summary>
internal readonly record struct Slot(int Hops, int Index);

/// <summary>Which message is being emitted.</summary>
/// <param name="Message">The message bound by the innermost loop that binds one, or -1.</param>
/// <param name="ByPosition">Whether the innermost loop runs over positions, so that its body may pick a message.</param>
internal readonly record struct LoopScope(int Message, bool ByPosition);

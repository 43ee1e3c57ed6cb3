using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Rendering;

/// <summary>How a variable begins when a scope is entered.</summary>
/// <param name="Target">The variable.</param>
/// <param name="Name">Looked up among the template's variables; null for no look-up.</param>
/// <param name="Alias">Copied from this variable; null for none.</param>
internal readonly record struct FrameLoad(int Target, string? Name, Slot? Alias);

/// <summary>What happens to the variables of a scope when it is entered and left.</summary>
internal sealed class FrameEntry(FrameLoad[] loads)
{
    /// <summary>A scope without variables.</summary>
    public static FrameEntry Empty { get; } = new([]);

    /// <summary>Prepares the variables.</summary>
    public void Enter(Renderer r)
    {
        RenderBudget.Spend(loads.Length);
        foreach (FrameLoad load in loads)
        {
            r.Locals.Values[load.Target] =
                load.Name is not null ? r.Resolve(load.Name)
                : load.Alias is { } alias ? r.Load(alias)
                : null;
        }
    }

    /// <summary>Forgets them.</summary>
    public void Leave(Renderer r)
    {
        foreach (FrameLoad load in loads)
        {
            r.Locals.Values[load.Target] = null;
        }
    }
}

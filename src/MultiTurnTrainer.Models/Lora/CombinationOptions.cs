namespace MultiTurnTrainer.Models.Lora;

/// <summary>How several adapters become one: the names and the arithmetic of PEFT's <c>add_weighted_adapter</c>.</summary>
public enum CombinationMethod
{
    /// <summary>
    /// A and B are added up apart, each by the root of |weight · scale|: cheap, but the change is not the weighted sum of the changes.
    /// </summary>
    Linear,

    /// <summary>The pairs are laid side by side: exactly the weighted sum, with the sum of the ranks.</summary>
    Cat,

    /// <summary>The weighted sum of the changes, cut to a rank.</summary>
    Svd,

    /// <summary>The smallest values go, signs are elected, and those that agree are averaged (arXiv 2306.01708).</summary>
    Ties,

    /// <summary>TIES of the changes, cut to a rank.</summary>
    TiesSvd,

    /// <summary>Random values go, the rest is scaled up (arXiv 2311.03099), then as linear.</summary>
    DareLinear,

    /// <summary>Random values go, the rest is scaled up, then as TIES.</summary>
    DareTies,

    /// <summary>DARE of the changes, cut to a rank.</summary>
    DareLinearSvd,

    /// <summary>DARE and TIES of the changes, cut to a rank.</summary>
    DareTiesSvd,

    /// <summary>The smallest values go, then as linear.</summary>
    MagnitudePrune,

    /// <summary>The smallest values of the changes go, then cut to a rank.</summary>
    MagnitudePruneSvd,
}

/// <summary>How several adapters become one.</summary>
/// <param name="Method">The arithmetic.</param>
public sealed record CombinationOptions(CombinationMethod Method)
{
    /// <summary>The share of values that stay, where a method lets some go.</summary>
    public double? Density { get; init; }

    /// <summary>Whether TIES elects a sign by how many have it, not by their sum.</summary>
    public bool SignByFrequency { get; init; }

    /// <summary>The rank of methods that cut to one; null for the largest of the adapters'.</summary>
    public int? Rank { get; init; }

    /// <summary>Methods that cut to a rank: values beyond this quantile of their factors are cut off; null for none.</summary>
    public double? Clamp { get; init; }

    /// <summary>Seeds what DARE lets go.</summary>
    public ulong Seed { get; init; }

    internal bool CutsToRank =>
        Method is CombinationMethod.Svd || Method.ToString().EndsWith("Svd", StringComparison.Ordinal);

    internal bool LetsGo => Method is not (CombinationMethod.Linear or CombinationMethod.Cat or CombinationMethod.Svd);

    internal bool Draws => Method.ToString().StartsWith("Dare", StringComparison.Ordinal);

    internal bool ElectsSigns => Method.ToString().Contains("Ties", StringComparison.Ordinal);
}

namespace MultiTurnTrainer.Inference.Settings;

/// <summary>
/// Where a run stops with its state saved. Requests are exact; calls in flight are let finish, so tokens and money may
/// end above the limit by what those cost. All count what earlier parts of a resumed run spent, except the minutes.
/// </summary>
public sealed record BudgetSettings
{
    /// <summary>Prompt and completion tokens.</summary>
    [Range(1.0, 1e18)]
    public long? Tokens { get; init; }

    /// <summary>Requests sent, retries included.</summary>
    [Range(1.0, 1e18)]
    public long? Requests { get; init; }

    /// <summary>Money, in the currency of the price table.</summary>
    [Range(0.0, 1e12)]
    public double? Money { get; init; }

    /// <summary>Wall time of this part of the run.</summary>
    [Range(0.0, 1e9)]
    public double? Minutes { get; init; }
}

/// <summary>What a model costs per million tokens.</summary>
public sealed record PriceSettings
{
    /// <summary>Per million prompt tokens.</summary>
    [Range(0.0, 1e9)]
    public double Input { get; init; }

    /// <summary>Per million completion tokens.</summary>
    [Range(0.0, 1e9)]
    public double Output { get; init; }
}

namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>A logged reply with the context it was given in and the same context cleaned, as ids.</summary>
/// <param name="Id">Names the turn in messages.</param>
/// <param name="StudentContext">The dialogue as it went, with the generation prompt.</param>
/// <param name="ReferenceContext">The cleaned one.</param>
/// <param name="Reply">The reply with its stop token; at least one id.</param>
/// <param name="IsAnswer">Whether it is the answer turn.</param>
/// <param name="Weight">How much it counts in the loss, above 0 to 1.</param>
public sealed record CleanedTurn(
    string Id,
    int[] StudentContext,
    int[] ReferenceContext,
    int[] Reply,
    bool IsAnswer,
    float Weight
);

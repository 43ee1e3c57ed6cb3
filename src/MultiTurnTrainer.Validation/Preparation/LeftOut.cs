namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>Why a good row is left out of a preparation.</summary>
/// <param name="Reason"><c>filter</c>, <c>duplicate</c>, <c>prefix</c>, <c>near-duplicate</c>, <c>redaction</c> or <c>weight</c>.</param>
/// <param name="Of">Where the row stands that stays in its place, as <c>file:line</c>.</param>
/// <param name="Why">What hinders, in words.</param>
internal sealed record LeftOut(string Reason, string? Of, string? Why = null);

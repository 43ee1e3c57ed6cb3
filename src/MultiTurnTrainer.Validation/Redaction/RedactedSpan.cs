namespace MultiTurnTrainer.Validation.Redaction;

/// <summary>A stretch of a row that was replaced; its value is nowhere in it.</summary>
/// <param name="Path">The text it stood in: its path in the canonical row; of JSON in a text, with the path in there.</param>
/// <param name="Start">The first of its Unicode characters in that text, from 0.</param>
/// <param name="Length">Its Unicode characters.</param>
/// <param name="Kind"><c>email</c>, <c>phone</c>, <c>key</c>, <c>field</c> or <c>prompt</c>.</param>
/// <param name="Placeholder">What stands there now.</param>
public sealed record RedactedSpan(string Path, int Start, int Length, string Kind, string Placeholder);

/// <summary>A row after redaction.</summary>
/// <param name="Json">The row; as it was where nothing was replaced.</param>
/// <param name="Spans">What was replaced, in the order of the row.</param>
/// <param name="Refusal">Why the row cannot be redacted; null where it was.</param>
public sealed record RedactedRow(JsonView Json, IReadOnlyList<RedactedSpan> Spans, string? Refusal);

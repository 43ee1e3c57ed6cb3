namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Something that the template silently did to one message of a row.</summary>
/// <param name="Code">What: a code of <c>lint-template</c>.</param>
/// <param name="Message">The message's place in the source, or -1 when it belongs to no message.</param>
/// <param name="Characters">Code points of the answer that are not in the text, and so not supervised.</param>
internal readonly record struct EffectPlace(string Code, int Message, int Characters = 0);

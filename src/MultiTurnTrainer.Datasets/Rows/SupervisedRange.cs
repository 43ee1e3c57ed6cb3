namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Characters that are supervised.</summary>
/// <param name="Start">The first UTF-16 position, or byte, of the rendered text.</param>
/// <param name="End">One past the last.</param>
/// <param name="Weight">Their weight in the loss, above 0.</param>
internal readonly record struct SupervisedRange(int Start, int End, float Weight);

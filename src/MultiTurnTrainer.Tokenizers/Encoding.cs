namespace MultiTurnTrainer.Tokenizers;

/// <summary>The tokens of a text.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Offsets">For every token, the part of the text that it stands for.</param>
public sealed record Encoding(int[] Ids, TokenOffset[] Offsets);

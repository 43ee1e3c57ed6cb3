namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>What all threads share of a tokenizer.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Table">The bytes of its tokens.</param>
/// <param name="Control">Which of its added tokens steer the model.</param>
internal sealed record TokenizerParts(Tokenizer Tokenizer, TokenTable Table, ControlTokens Control);

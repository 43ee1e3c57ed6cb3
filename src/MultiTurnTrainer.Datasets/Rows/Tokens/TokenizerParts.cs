namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>What all threads share of a tokenizer.</summary>
/// <param name="tokenizer">The tokenizer.</param>
/// <param name="table">The bytes of its tokens.</param>
/// <param name="control">Which of its added tokens steer the model.</param>
internal sealed class TokenizerParts(Tokenizer tokenizer, Lazy<TokenTable> table, ControlTokens control)
{
    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => tokenizer;

    /// <summary>The bytes of its tokens; made when first asked for, which many tokenizers never need.</summary>
    public TokenTable Table => table.Value;

    /// <summary>Which of its added tokens steer the model.</summary>
    public ControlTokens Control => control;
}

namespace MultiTurnTrainer.Validation.Rows;

/// <summary>What the rules need to know of the model that the data is for (<c>--model</c>).</summary>
public interface IModelLimits
{
    /// <summary>The texts of the tokenizer's control tokens.</summary>
    IReadOnlyList<string> ControlTokens { get; }

    /// <summary>Most tokens a sequence may have; null when the model does not say.</summary>
    int? MaxTokens { get; }

    /// <summary>Tokens of the row a conversation becomes; null when the model has no template, or the template refuses.</summary>
    int? CountRowTokens(Conversation conversation);

    /// <summary>Tokens of some UTF-8 text, control tokens in it taken as text.</summary>
    int CountTokens(ReadOnlySpan<byte> utf8);
}

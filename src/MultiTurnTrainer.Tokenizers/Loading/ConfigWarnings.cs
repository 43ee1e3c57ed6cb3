using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Where tokenizer_config.json makes others read a tokenizer.json in another way than it says.</summary>
internal static class ConfigWarnings
{
    /// <summary>One line for each.</summary>
    public static IReadOnlyList<string> Of(TokenizerFile tokenizer, TokenizerConfig config)
    {
        List<string> warnings = [];
        if (IsRebuilt(tokenizer, config))
        {
            warnings.Add(
                $"tokenizer_class {config.TokenizerClass}: mtt follows tokenizer.json; a server on transformers 5 that builds "
                    + "the tokenizer from this class ignores the file's normalizer and feeds other ids to the model"
            );
        }

        foreach (AddedToken token in config.AddedTokens)
        {
            if (tokenizer.Added.Ids.TryGetValue(token.Content, out int id) && token.Id >= 0 && token.Id != id)
            {
                warnings.Add(
                    Invariant(
                        $"tokenizer_config.json gives {token.Content} the id {token.Id}; by tokenizer.json it has {id}, as in HuggingFace's library"
                    )
                );
            }
        }

        return warnings;
    }

    // This class makes its own pipeline of the file's vocabulary and merges: no normalizer, and spaces marked by Metaspace.
    private static bool IsRebuilt(TokenizerFile tokenizer, TokenizerConfig config) =>
        config.TokenizerClass is "LlamaTokenizer" or "LlamaTokenizerFast"
        && (
            tokenizer.Normalizer is not null
            || tokenizer.PreTokenizer is not MetaspacePreTokenizer { SplitsWords: false }
        );
}

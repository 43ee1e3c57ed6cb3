using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>How long tokens are.</summary>
internal static class TokenLengths
{
    /// <summary>Scalars by id; none of the tokens that merging makes is longer than 65,535.</summary>
    public static ushort[] InScalars(Vocabulary vocabulary)
    {
        ushort[] lengths = new ushort[vocabulary.MaxId + 1];
        for (int i = 0; i < vocabulary.Count; i++)
        {
            lengths[vocabulary.IdAt(i)] = (ushort)Utf8.Count(vocabulary.TokenAt(i));
        }

        return lengths;
    }
}

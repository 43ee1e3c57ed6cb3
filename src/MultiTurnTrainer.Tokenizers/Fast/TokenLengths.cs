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

    /// <summary>Bytes by id of a byte-level vocabulary, where a letter is a byte; 0 for more than 255.</summary>
    public static byte[] InLetters(Vocabulary vocabulary)
    {
        byte[] lengths = new byte[vocabulary.MaxId + 1];
        for (int i = 0; i < vocabulary.Count; i++)
        {
            int letters = Utf8.Count(vocabulary.TokenAt(i));
            lengths[vocabulary.IdAt(i)] = (byte)(letters <= MeasuredIds.LongestToken ? letters : 0);
        }

        return lengths;
    }
}

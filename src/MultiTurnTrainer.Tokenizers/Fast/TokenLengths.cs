using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Text;

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

    /// <summary>Bytes and scalars that begin, by id, of a byte-level vocabulary: a letter is a byte.</summary>
    public static TokenLength[] OfBytes(Vocabulary vocabulary)
    {
        TokenLength[] lengths = new TokenLength[vocabulary.MaxId + 1];
        for (int i = 0; i < vocabulary.Count; i++)
        {
            ReadOnlySpan<byte> token = vocabulary.TokenAt(i);
            int bytes = 0;
            int scalars = 0;
            for (int at = 0; at < token.Length; bytes++)
            {
                int value = ByteAlphabet.ByteOf(Utf8.Decode(token, at, out int length));
                scalars += (value & 0xC0) == 0x80 ? 0 : 1;
                at += length;
            }

            lengths[vocabulary.IdAt(i)] = new TokenLength((ushort)bytes, (ushort)scalars);
        }

        return lengths;
    }
}

/// <summary>How long a token is.</summary>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Scalars">The scalars that begin in it.</param>
internal readonly record struct TokenLength(ushort Bytes, ushort Scalars);

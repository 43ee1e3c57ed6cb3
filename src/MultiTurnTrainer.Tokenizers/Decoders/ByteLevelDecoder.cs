using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>ByteLevel</c>: letters of the byte alphabet become bytes, read as UTF-8; a token with any other letter stays.</summary>
internal sealed class ByteLevelDecoder : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (string part in parts)
        {
            byte[] token = Utf8.GetBytes(part);
            Span<byte> target = bytes.GetSpan(token.Length + 1);
            int count = ByteAlphabet.Decode(token, target);
            if (count < 0)
            {
                token.CopyTo(target);
                count = token.Length;
            }

            bytes.Advance(count);
        }

        return [Utf8.GetString(bytes.WrittenSpan)];
    }
}

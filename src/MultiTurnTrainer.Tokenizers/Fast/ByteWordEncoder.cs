using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Words of byte-level models: a symbol for every byte, the byte alphabet never written out.</summary>
internal sealed class ByteWordEncoder : IWordEncoder
{
    private readonly int[] _symbols = new int[256];
    private readonly uint[] _pairs = new uint[256 * 256];
    private readonly byte[] _lengths;
    private readonly Vocabulary? _whole;

    private ByteWordEncoder(BpeModel model)
    {
        _whole = model.Options.IgnoreMerges ? model.Vocabulary : null;
        Cuts = new WordCuts(model);
        _lengths = TokenLengths.InLetters(model.Vocabulary);
    }

    /// <inheritdoc/>
    public WordCuts? Cuts { get; }

    /// <summary>The encoder for a model, or null when a byte has no token.</summary>
    public static ByteWordEncoder? TryCreate(BpeModel model)
    {
        int[] symbols = new int[256];
        Span<byte> letter = stackalloc byte[2];
        for (int b = 0; b < 256; b++)
        {
            int length = Utf8.Encode(ByteAlphabet.LetterOf((byte)b), letter);
            symbols[b] = model.Vocabulary.IdOf(letter[..length]);
            if (symbols[b] < 0)
            {
                return null;
            }
        }

        ByteWordEncoder encoder = new(model);
        symbols.CopyTo(encoder._symbols, 0);
        for (int pair = 0; pair < encoder._pairs.Length; pair++)
        {
            encoder._pairs[pair] = model.Merges.Find(encoder._symbols[pair >> 8], encoder._symbols[pair & 0xFF]);
        }

        return encoder;
    }

    /// <inheritdoc/>
    public int Encode(ReadOnlySpan<byte> word, Merger merger, Span<int> target)
    {
        return merger.Merge(word, _symbols, _pairs, target[..word.Length]);
    }

    /// <inheritdoc/>
    public int WholeWord(ReadOnlySpan<byte> word)
    {
        if (_whole is null)
        {
            return -1;
        }

        if (2 * word.Length > 512)
        {
            // Longer than any token that matters; the model's own limit decides.
            return word.Length > _whole.LongestToken ? -1 : WholeWord(word, new byte[2 * word.Length]);
        }

        return WholeWord(word, stackalloc byte[512]);
    }

    /// <inheritdoc/>
    public void Measure(Span<int> ids)
    {
        foreach (ref int id in ids)
        {
            id = MeasuredIds.Of(id, _lengths[id]);
        }
    }

    private int WholeWord(ReadOnlySpan<byte> word, Span<byte> letters)
    {
        int length = 0;
        foreach (byte b in word)
        {
            length += Utf8.Encode(ByteAlphabet.LetterOf(b), letters[length..]);
        }

        return _whole!.IdOf(letters[..length]);
    }
}

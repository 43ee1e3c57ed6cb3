using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Words of sentencepiece-style models: a symbol for every scalar, spaces read as U+2581, unknown scalars as their bytes.</summary>
internal sealed class MarkWordEncoder : IWordEncoder
{
    private readonly Vocabulary _vocabulary;
    private readonly int[] _ascii = new int[128];
    private readonly int[] _bytes;

    private MarkWordEncoder(Vocabulary vocabulary, int[] bytes)
    {
        _vocabulary = vocabulary;
        _bytes = bytes;
        for (int c = 0; c < 128; c++)
        {
            _ascii[c] = vocabulary.IdOf([(byte)c]);
        }

        _ascii[' '] = vocabulary.IdOf("▁"u8);
    }

    /// <summary>The ids of the byte tokens.</summary>
    public int[] Bytes => _bytes;

    /// <summary>The encoder for a model, or null when not every byte has a token, or there is no mark.</summary>
    public static MarkWordEncoder? TryCreate(BpeModel model)
    {
        int[] bytes = ByteTokens.Find(model.Vocabulary);
        bool complete = model.Options.ByteFallback && bytes.All(id => id >= 0);
        return complete && model.Vocabulary.IdOf("▁"u8) >= 0 ? new MarkWordEncoder(model.Vocabulary, bytes) : null;
    }

    /// <inheritdoc/>
    public WordCuts? Cuts => null;

    /// <inheritdoc/>
    public int WholeWord(ReadOnlySpan<byte> word) => -1;

    /// <inheritdoc/>
    public int Encode(ReadOnlySpan<byte> word, Merger merger, Span<int> target)
    {
        int count = 0;
        for (int at = 0; at < word.Length; )
        {
            int length = Utf8.LengthOf(word[at]);
            int id = length == 1 ? _ascii[word[at]] : _vocabulary.IdOf(word.Slice(at, length));
            if (id >= 0)
            {
                target[count++] = id;
                at += length;
                continue;
            }

            for (int end = at + length; at < end; at++)
            {
                target[count++] = _bytes[word[at]];
            }
        }

        return merger.Merge(target[..count]);
    }

    /// <inheritdoc/>
    public void Measure(Span<int> ids)
    {
        // A mark stands for a space, a mark, or nothing.
    }
}

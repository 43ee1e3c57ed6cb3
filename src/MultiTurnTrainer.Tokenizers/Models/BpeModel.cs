// Folder Models: from a word to its tokens: BPE, Unigram, WordPiece, WordLevel.
// Refuses to know: how text was split.

namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary><c>BPE</c>: characters, then the merge of the lowest rank, leftmost first, until none is left.</summary>
internal sealed class BpeModel : ITokenModel
{
    private readonly int _unknown;
    private readonly int[]? _bytes;
    private readonly byte[] _prefix;
    private readonly byte[] _suffix;

    [ThreadStatic]
    private static BpeWord? _word;

    public BpeModel(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
    {
        Vocabulary = vocabulary;
        Merges = merges;
        Options = options;
        _unknown = options.Unknown is null ? -1 : vocabulary.IdOf(Utf8.GetBytes(options.Unknown));
        _bytes = options.ByteFallback ? ByteTokens.Find(vocabulary) : null;
        _prefix = Utf8.GetBytes(options.Prefix ?? "");
        _suffix = Utf8.GetBytes(options.Suffix ?? "");
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public int Size => Vocabulary.Count;

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; }

    /// <summary>What it does beside merging.</summary>
    public BpeOptions Options { get; }

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> word, List<ModelToken> tokens)
    {
        if (Options.IgnoreMerges && Vocabulary.IdOf(word) is var whole and >= 0)
        {
            tokens.Add(new ModelToken(whole, 0, word.Length));
            return;
        }

        BpeWord symbols = _word ??= new BpeWord();
        symbols.Clear();
        AddCharacters(word, symbols);
        symbols.Merge(Merges);
        int start = 0;
        for (int i = symbols.First; i >= 0; i = symbols.Next(i))
        {
            int end = start + symbols.LengthOf(i);
            tokens.Add(new ModelToken(symbols.IdOf(i), start, end));
            start = end;
        }
    }

    private void AddCharacters(ReadOnlySpan<byte> word, BpeWord symbols)
    {
        int unknownLength = -1;
        bool decorated = _prefix.Length > 0 || _suffix.Length > 0;
        for (int at = 0; at < word.Length; )
        {
            int length = Utf8.LengthOf(word[at]);
            ReadOnlySpan<byte> character = word.Slice(at, length);
            if (decorated)
            {
                character = Decorate(character, at == 0, at + length == word.Length);
            }

            at += length;
            int id = Vocabulary.IdOf(character);
            if (id >= 0)
            {
                if (unknownLength >= 0)
                {
                    symbols.Add(_unknown, unknownLength);
                    unknownLength = -1;
                }

                symbols.Add(id, length);
            }
            else if (_bytes is not null && ByteTokens.HasAll(_bytes, character))
            {
                // An unknown character waiting to be joined stays waiting: the reference has it so.
                foreach (byte b in character)
                {
                    symbols.Add(_bytes[b], 1);
                }
            }
            else if (Options.Unknown is not null)
            {
                if (_unknown < 0)
                {
                    throw new TokenizationException(
                        $"an unknown character, and the vocabulary has no \"{Options.Unknown}\""
                    );
                }

                if (unknownLength >= 0 && !Options.FuseUnknown)
                {
                    symbols.Add(_unknown, unknownLength);
                    unknownLength = -1;
                }

                unknownLength = Math.Max(unknownLength, 0) + length;
            }
        }

        if (unknownLength >= 0)
        {
            symbols.Add(_unknown, unknownLength);
        }
    }

    private byte[] Decorate(ReadOnlySpan<byte> character, bool first, bool last) =>
        [.. first ? [] : _prefix, .. character, .. last ? _suffix : []];
}

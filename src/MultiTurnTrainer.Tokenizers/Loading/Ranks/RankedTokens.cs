using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Decoders;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.PostProcessors;
using MultiTurnTrainer.Tokenizers.PreTokenizers;
using MultiTurnTrainer.Tokenizers.Regex;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Loading.Ranks;

/// <summary>
/// Builds a byte-level tokenizer of byte strings with ranks, as tiktoken and tekken keep them. There two neighbours merge
/// wherever the bytes of both are a token, the lowest rank first: so every split of a token into two is a merge, all of
/// one rank.
/// </summary>
internal sealed class RankedTokens
{
    private readonly Vocabulary _vocabulary = new();
    private readonly SortedList<int, byte[]> _tokens = [];

    /// <summary>Adds a token.</summary>
    /// <exception cref="TokenizerFormatException">It or its id is there already.</exception>
    public void Add(byte[] bytes, int id)
    {
        byte[] letters = Letters(bytes);
        if (bytes.Length == 0 || _vocabulary.IdOf(letters) >= 0 || !_tokens.TryAdd(id, bytes))
        {
            throw new TokenizerFormatException($"the token of id {id} is empty or there twice");
        }

        _vocabulary.Set(letters, id);
    }

    /// <summary>The tokenizer.</summary>
    /// <param name="pattern">The pattern that texts are split by.</param>
    /// <param name="special">The special tokens, with their ids.</param>
    /// <param name="config">What the folder says.</param>
    /// <exception cref="TokenizerFormatException">A byte has no token, or the pattern is not valid.</exception>
    public TokenizerFile Build(string pattern, IEnumerable<AddedToken> special, TokenizerConfig config)
    {
        for (int b = 0; b < 256; b++)
        {
            if (_vocabulary.IdOf(Letters([(byte)b])) < 0)
            {
                throw new TokenizerFormatException($"the byte 0x{b:X2} has no token");
            }
        }

        BpeOptions options = new(null, FuseUnknown: false, ByteFallback: false, IgnoreMerges: true, null, null);
        BpeModel model = new(_vocabulary, Merges(), options);
        AddedVocabulary added = new(special, config, model, null, keepIds: true, find: config.MeansControlTokens);
        return new TokenizerFile(
            Normalizer: null,
            new SequencePreTokenizer([
                new SplitPreTokenizer(Compile(pattern), SplitBehavior.Isolated, invert: false),
                new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false),
            ]),
            model,
            TemplatePostProcessor.Around(IdOf(added, config.AddedBos), IdOf(added, config.AddedEos)),
            new ByteLevelDecoder(),
            added
        );
    }

    private MergeTable Merges()
    {
        List<(int Left, int Right, int Id)> merges = new(_tokens.Count * 3);
        List<int> ranks = new(_tokens.Count * 3);
        int rank = 0;
        foreach ((int id, byte[] bytes) in _tokens)
        {
            byte[] letters = Letters(bytes);
            for (int at = Utf8.LengthOf(letters[0]); at < letters.Length; at += Utf8.LengthOf(letters[at]))
            {
                int left = _vocabulary.IdOf(letters.AsSpan(0, at));
                int right = left < 0 ? -1 : _vocabulary.IdOf(letters.AsSpan(at));
                if (right >= 0)
                {
                    merges.Add((left, right, id));
                    ranks.Add(rank);
                }
            }

            rank++;
        }

        return new MergeTable(CollectionsMarshal.AsSpan(merges), CollectionsMarshal.AsSpan(ranks));
    }

    private static OnigRegex Compile(string pattern)
    {
        try
        {
            return new OnigRegex(pattern);
        }
        catch (RegexSyntaxException problem)
        {
            throw new TokenizerFormatException($"pattern: {problem.Message}");
        }
    }

    private static byte[] Letters(ReadOnlySpan<byte> bytes)
    {
        byte[] letters = new byte[2 * bytes.Length];
        int length = 0;
        foreach (byte b in bytes)
        {
            length += Utf8.Encode(ByteAlphabet.LetterOf(b), letters.AsSpan(length));
        }

        return letters[..length];
    }

    private static int IdOf(AddedVocabulary added, string? token) =>
        token is not null && added.Ids.TryGetValue(token, out int id) ? id : -1;
}

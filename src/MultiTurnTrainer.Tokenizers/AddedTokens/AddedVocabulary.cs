using MultiTurnTrainer.Tokenizers.Loading;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Normalizers;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.AddedTokens;

/// <summary>
/// The added tokens of a tokenizer. Ids follow the reference: the model's own where it has the token, else the next free
/// one in the file's order; what tokenizer.json says about ids is not asked.
/// </summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly Dictionary<int, string> _normalized = [];
    private readonly HashSet<string> _special = new(StringComparer.Ordinal);

    /// <summary>Gives every token its id and builds the finders.</summary>
    /// <param name="tokens">The tokens of the tokenizer's own file.</param>
    /// <param name="config">The tokens of tokenizer_config.json: added behind those, or replacing them.</param>
    /// <param name="model">The model.</param>
    /// <param name="normalizer">The normalizer, or null.</param>
    /// <param name="keepIds">Whether declared ids count, as in files without a list of added tokens.</param>
    /// <param name="find">Whether the tokens are found in texts.</param>
    public AddedVocabulary(
        IEnumerable<AddedToken> tokens,
        TokenizerConfig config,
        ITokenModel model,
        INormalizer? normalizer,
        bool keepIds = false,
        bool find = true
    )
    {
        Add(tokens, model, normalizer, keepIds);
        Add(config.AddedTokens, model, normalizer, keepIds);
        // A named token that nothing knows would get an id that the model does not have.
        Add(config.SpecialTokens.Where(token => IsNew(token, model)), model, normalizer, keepIds: false);
        Raw = find ? BuildFinder(normalized: false) : null;
        Normalized = find ? BuildFinder(normalized: true) : null;
    }

    /// <summary>Finds the tokens that are looked for in the text as it is.</summary>
    public AddedTokenFinder? Raw { get; }

    /// <summary>Finds the tokens that are looked for in the normalized text.</summary>
    public AddedTokenFinder? Normalized { get; }

    /// <summary>The tokens by id.</summary>
    public IReadOnlyDictionary<int, AddedToken> Tokens => _tokens;

    /// <summary>Ids by content.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>The text that the decoder sees for an id, or null.</summary>
    public string? DecodedForm(int id) =>
        _normalized.TryGetValue(id, out string? normalized) ? normalized
        : _tokens.TryGetValue(id, out AddedToken? token) ? token.Content
        : null;

    /// <summary>Whether a decoded token is left out when special tokens are skipped.</summary>
    public bool IsSpecial(string token) => _special.Contains(token);

    private bool IsNew(AddedToken token, ITokenModel model) =>
        !_ids.ContainsKey(token.Content) && model.Vocabulary.IdOf(Utf8.GetBytes(token.Content)) >= 0;

    private void Add(IEnumerable<AddedToken> tokens, ITokenModel model, INormalizer? normalizer, bool keepIds)
    {
        int next = Math.Max(model.Size, _tokens.Keys.DefaultIfEmpty(-1).Max() + 1);
        foreach (AddedToken token in tokens.Where(token => token.Content.Length > 0))
        {
            int id = keepIds ? token.Id : -1;
            if (id < 0 && !_ids.TryGetValue(token.Content, out id))
            {
                id = model.Vocabulary.IdOf(Utf8.GetBytes(token.Content));
                id = id >= 0 ? id : next++;
            }

            if (token.Normalized && normalizer is not null)
            {
                string normalized = Normalize(token.Content, normalizer);
                if (normalized != token.Content)
                {
                    _normalized[id] = normalized;
                }
            }

            _ids[token.Content] = id;
            _tokens[id] = token;
            if (token.Special)
            {
                _special.Add(token.Content);
            }
        }
    }

    private static string Normalize(string content, INormalizer normalizer)
    {
        byte[] bytes = Utf8.GetBytes(content);
        AlignedText source = new();
        source.AppendOriginal(bytes, 0);
        AlignedText target = new();
        normalizer.Normalize(source, new Piece(0, bytes.Length, 0, -1), target);
        return Utf8.GetString(target.Bytes);
    }

    private AddedTokenFinder? BuildFinder(bool normalized)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<(byte[] Pattern, int Id)> patterns = [];
        foreach ((int id, AddedToken token) in _tokens)
        {
            if (token.Normalized != normalized)
            {
                continue;
            }

            // Of tokens that look the same after normalization the first counts; the reference leaves it to chance.
            string pattern = normalized ? DecodedForm(id)! : token.Content;
            // What is nothing after normalization is never found.
            if (pattern.Length > 0 && seen.Add(pattern))
            {
                patterns.Add((Utf8.GetBytes(pattern), id));
            }
        }

        return patterns.Count == 0 ? null : new AddedTokenFinder(patterns, _tokens);
    }
}

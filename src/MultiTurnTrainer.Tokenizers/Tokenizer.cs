// Folder Tokenizers: ids and offsets of a text, as the model's own tokenizer gives them.
// Refuses to know: templates, roles, labels.
using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Fast;
using MultiTurnTrainer.Tokenizers.Loading;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Normalizers;

namespace MultiTurnTrainer.Tokenizers;

/// <summary>
/// A tokenizer as its file describes it: ids, offsets and decoded texts of a <c>tokenizer.json</c> equal those of
/// HuggingFace's library 0.23; <c>tokenizer.model</c>, <c>*.tiktoken</c> and <c>tekken.json</c> encode as SentencePiece,
/// tiktoken and mistral-common do. Thread-safe.
/// </summary>
public sealed class Tokenizer
{
    private static readonly EncodeOptions Plain = new();
    private static readonly EncodeOptions WithSpecialTokens = new() { AddSpecialTokens = true };
    private static readonly EncodeOptions IdsOnly = new() { TruncateAndPad = false };

    private readonly TokenizerFile _file;
    private readonly GenericEncoder _generic;
    private readonly FastEncoder? _fast;

    private Tokenizer(TokenizerFile file)
    {
        _file = file;
        _generic = new GenericEncoder(file);
        _fast = FastEncoder.TryCreate(file);
        HashSet<string> tokens = new(StringComparer.Ordinal);
        int added = 0;
        int limit = file.Model.Vocabulary.MaxId + 1;
        foreach ((string token, int id) in file.Added.Ids)
        {
            added += file.Model.Vocabulary.IdOf(Utf8.GetBytes(token)) < 0 ? 1 : 0;
            limit = Math.Max(limit, id + 1);
        }

        VocabularySize = file.Model.Vocabulary.Count + added;
        IdLimit = limit;
    }

    /// <summary>The number of different tokens, added ones included.</summary>
    public int VocabularySize { get; }

    /// <summary>One more than the largest id: what a model's embedding must at least have.</summary>
    public int IdLimit { get; }

    /// <summary>What the user should know about this tokenizer, such as that servers read it in another way.</summary>
    public IReadOnlyList<string> Warnings => _file.Warnings;

    /// <summary>The file that a model folder's tokenizer is read from, or null where it has none.</summary>
    public static string? FileOf(string folder) => TokenizerSource.FileOf(folder);

    /// <summary>Loads a tokenizer.</summary>
    /// <param name="path">A model folder, whose <c>tokenizer_config.json</c> then counts too, or a tokenizer's file alone.</param>
    /// <exception cref="MttException">The file is missing or is not a tokenizer; the message says why.</exception>
    public static Tokenizer Load(string path)
    {
        bool isFolder = Directory.Exists(path);
        string file = isFolder ? FileOf(path) ?? Path.Combine(path, "tokenizer.json") : path;
        InputFile.RequireExists(
            file,
            "Give a model folder with a tokenizer.json, tekken.json, tokenizer.model or .tiktoken file, or the file itself."
        );

        try
        {
            TokenizerConfig config = isFolder ? TokenizerConfig.Read(path) : TokenizerConfig.None;
            return new Tokenizer(TokenizerSource.Read(file, config));
        }
        catch (Exception problem)
            when (problem
                    is TokenizerFormatException
                        or TokenizationException
                        or JsonException
                        or InvalidOperationException
                        or FormatException
            )
        {
            throw new MttException(
                $"{file}: not a usable tokenizer: {problem.Message}",
                "Take the file from the model's own repository again.",
                problem
            );
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(file, problem);
        }
    }

    /// <summary>Encodes a text exactly as the reference does, truncation and padding of the file included.</summary>
    /// <param name="text">The text. Lone surrogates count as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the post-processor's special tokens are added.</param>
    /// <exception cref="MttException">The text cannot be expressed in this vocabulary.</exception>
    public Encoding Encode(string text, bool addSpecialTokens) =>
        Encode(text, addSpecialTokens ? WithSpecialTokens : Plain);

    /// <summary>Encodes a text.</summary>
    /// <exception cref="MttException">The text cannot be expressed in this vocabulary.</exception>
    public Encoding Encode(string text, EncodeOptions options)
    {
        if (FastFor(options) is { } fast)
        {
            EncodeWorker worker = fast.Rent();
            int size = System.Text.Encoding.UTF8.GetMaxByteCount(text.Length);
            if (worker.Text.Length < size)
            {
                worker.Text = new byte[size];
            }

            ReadOnlySpan<byte> utf8 = worker.Text.AsSpan(0, System.Text.Encoding.UTF8.GetBytes(text, worker.Text));
            MatchFilter? filter = SpecialTokenFilter.For(text, options, _file.Added);
            Encoding? encoding = EncodeFast(fast, worker, utf8, filter, options);
            fast.Return(worker);
            if (encoding is not null)
            {
                return encoding;
            }
        }

        return Explained(() => _generic.Encode(text, options));
    }

    /// <summary>Encodes a text that is UTF-8 already, as <see cref="Encode(string, bool)"/> does.</summary>
    /// <param name="utf8">The text; invalid bytes count as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the post-processor's special tokens are added.</param>
    /// <exception cref="MttException">The text cannot be expressed in this vocabulary.</exception>
    public Encoding Encode(ReadOnlySpan<byte> utf8, bool addSpecialTokens)
    {
        EncodeOptions options = addSpecialTokens ? WithSpecialTokens : Plain;
        if (FastFor(options) is { } fast && System.Text.Unicode.Utf8.IsValid(utf8))
        {
            EncodeWorker worker = fast.Rent();
            Encoding? encoding = EncodeFast(fast, worker, utf8, null, options);
            fast.Return(worker);
            if (encoding is not null)
            {
                return encoding;
            }
        }

        string text = Utf8.GetString(utf8);
        return Explained(() => _generic.Encode(text, options));
    }

    // SentencePiece's offsets are its own, which only the generic encoder follows.
    private FastEncoder? FastFor(EncodeOptions options) =>
        (_file.Truncation is null || !options.TruncateAndPad)
        && _file.Normalizer is not SentencePieceNormalizer
        && !_generic.NeedsBlanks
            ? _fast
            : null;

    /// <summary>Appends the ids of a text, without special tokens of the post-processor, truncation or padding.</summary>
    /// <param name="utf8">The text; invalid bytes count as U+FFFD.</param>
    /// <param name="output">Where the ids go.</param>
    /// <exception cref="MttException">The text cannot be expressed in this vocabulary.</exception>
    public void EncodeIds(ReadOnlySpan<byte> utf8, IdBuffer output)
    {
        if (_fast is not null && System.Text.Unicode.Utf8.IsValid(utf8))
        {
            EncodeWorker worker = _fast.Rent();
            bool done = TryFast(_fast, utf8, null, worker, output, locate: false);
            _fast.Return(worker);
            if (done)
            {
                return;
            }
        }

        EncodeSlowly(Utf8.GetString(utf8), output);
    }

    /// <summary>
    /// The tokens of a text with the bytes that they stand for, without special tokens of the post-processor, truncation or
    /// padding.
    /// </summary>
    /// <param name="utf8">The text, valid UTF-8.</param>
    /// <param name="allow">As <see cref="EncodeOptions.AllowAddedToken"/>; null allows all.</param>
    /// <param name="output">Receives the tokens, in place of what it holds.</param>
    /// <returns>False where the tokens of this tokenizer do not say what they stand for; the output is then of no use.</returns>
    /// <exception cref="MttException">The text cannot be expressed in this vocabulary.</exception>
    public bool TryEncode(ReadOnlySpan<byte> utf8, Func<int, int, int, bool>? allow, TokenSpans output)
    {
        output.Clear();
        if (_fast is not { KnowsPlaces: true })
        {
            return false;
        }

        EncodeWorker worker = _fast.Rent();
        worker.Ids.Clear();
        MatchFilter? filter = allow is null ? null : SpecialTokenFilter.For(allow, _file.Added);
        bool done =
            TryFast(_fast, utf8, filter, worker, worker.Ids, locate: true)
            && _fast.TryPlace(worker, worker.Ids.Ids, output);
        _fast.Return(worker);
        return done;
    }

    private void EncodeSlowly(string text, IdBuffer output)
    {
        foreach (int id in Explained(() => _generic.Encode(text, IdsOnly)).Ids)
        {
            output.Add(id);
        }
    }

    private Encoding? EncodeFast(
        FastEncoder fast,
        EncodeWorker worker,
        ReadOnlySpan<byte> utf8,
        MatchFilter? filter,
        EncodeOptions options
    )
    {
        worker.Ids.Clear();
        if (!TryFast(fast, utf8, filter, worker, worker.Ids, locate: true))
        {
            return null;
        }

        TokenOffset[] offsets = GC.AllocateUninitializedArray<TokenOffset>(worker.Ids.Count);
        fast.Locate(utf8, worker, worker.Ids.Ids, offsets);
        int[] ids = worker.Ids.Ids.ToArray();
        MeasuredIds.Strip(ids);
        return _generic.Finish(new Encoding(ids, offsets), options);
    }

    /// <summary>Turns ids back into text. Unknown ids are skipped.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    /// <exception cref="MttException">The decoder cannot handle these tokens.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<string> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            string? token = _file.Added.DecodedForm(id);
            if (token is null && _file.Model.Vocabulary.TryGetToken(id, out ReadOnlySpan<byte> bytes))
            {
                token = Utf8.GetString(bytes);
            }

            if (token is not null && !(skipSpecialTokens && _file.Added.IsSpecial(token)))
            {
                tokens.Add(token);
            }
        }

        return _file.Decoder is null
            ? string.Join(' ', tokens)
            : Explained(() => string.Concat(_file.Decoder.Decode(tokens)));
    }

    /// <summary>The id of a token, or null.</summary>
    public int? TokenToId(string token)
    {
        if (_file.Added.Ids.TryGetValue(token, out int id))
        {
            return id;
        }

        id = _file.Model.Vocabulary.IdOf(Utf8.GetBytes(token));
        return id >= 0 ? id : null;
    }

    /// <summary>The token of an id as the vocabulary writes it, or null.</summary>
    public string? IdToToken(int id)
    {
        if (_file.Added.Tokens.TryGetValue(id, out AddedToken? added))
        {
            return added.Content;
        }

        return _file.Model.Vocabulary.TryGetToken(id, out ReadOnlySpan<byte> bytes) ? Utf8.GetString(bytes) : null;
    }

    /// <summary>The added tokens, by rising id.</summary>
    public IReadOnlyList<AddedTokenInfo> AddedTokens =>
        [
            .. _file
                .Added.Tokens.OrderBy(token => token.Key)
                .Select(token => new AddedTokenInfo(token.Key, token.Value.Content, token.Value.Special)),
        ];

    /// <summary>Whether an id is an added token, special or not.</summary>
    public bool IsAdded(int id) => _file.Added.Tokens.ContainsKey(id);

    /// <summary>Whether an id is a control token: an added token marked special.</summary>
    public bool IsSpecial(int id) => _file.Added.Tokens.TryGetValue(id, out AddedToken? added) && added.Special;

    /// <summary>
    /// Whether an added token parts texts: wherever it stands, what is before it and what is behind it are tokenized as they
    /// would be beside any other text. Not so where it takes whitespace, must stand alone, is looked for in changed text, or
    /// where another added token might lie across its edge; nor is it said of tokenizers of unknown make.
    /// </summary>
    public bool PartsText(int id) =>
        _fast is not null
        && _file.Added.Tokens.TryGetValue(id, out AddedToken? token)
        && token is { SingleWord: false, StripLeft: false, StripRight: false }
        && (!token.Normalized || _file.Normalizer is null)
        && _file.Added.Tokens.All(other => other.Key == id || !other.Value.MayOverlap(token));

    private static bool TryFast(
        FastEncoder fast,
        ReadOnlySpan<byte> utf8,
        MatchFilter? filter,
        EncodeWorker worker,
        IdBuffer output,
        bool locate
    )
    {
        try
        {
            return fast.TryEncode(utf8, filter, worker, output, locate);
        }
        catch (TokenizationException problem)
        {
            throw Refusal(problem);
        }
    }

    private static T Explained<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (TokenizationException problem)
        {
            throw Refusal(problem);
        }
    }

    private static MttException Refusal(TokenizationException problem) =>
        new(
            $"the tokenizer cannot encode this text: {problem.Message}",
            "Use the tokenizer that belongs to the model.",
            problem
        );
}

using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Decoders;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Normalizers;
using MultiTurnTrainer.Tokenizers.PostProcessors;
using MultiTurnTrainer.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenizers.Loading.SentencePiece;

/// <summary>Builds a tokenizer of a SentencePiece model.</summary>
internal static class SentencePieceLoader
{
    /// <summary>The tokenizer.</summary>
    /// <exception cref="TokenizerFormatException">The model is damaged, or of a kind that is not supported.</exception>
    public static TokenizerFile Load(SentencePieceModel model, TokenizerConfig config)
    {
        Vocabulary vocabulary = ReadVocabulary(model);
        int unknown = model.Pieces.FindIndex(piece => piece.Kind == PieceKind.Unknown);
        if (unknown < 0)
        {
            throw new TokenizerFormatException("it has no unknown piece");
        }

        ByteTrie? symbols = ReadSymbols(model);
        ITokenModel tokens = model.Kind switch
        {
            1 => Unigram(model, vocabulary, unknown),
            2 => new BpeModel(vocabulary, PieceMerges.Of(model, vocabulary), BpeOptionsOf(model, unknown)),
            _ => throw new TokenizerFormatException("only unigram and BPE models of SentencePiece are supported"),
        };
        AddedVocabulary added = new(Control(model, config), config, tokens, normalizer: null, keepIds: true);
        return new TokenizerFile(
            Normalizer(model, symbols, config),
            model.Kind == 2 && symbols is not null ? new SymbolPreTokenizer(symbols) : null,
            tokens,
            TemplatePostProcessor.Around(IdOf(added, config.AddedBos), IdOf(added, config.AddedEos)),
            Decoder(model, unknown, added),
            added
        );
    }

    private static Vocabulary ReadVocabulary(SentencePieceModel model)
    {
        Vocabulary vocabulary = new();
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            ReadOnlySpan<byte> text = model.Pieces[id].Text;
            if (text.IsEmpty || !System.Text.Unicode.Utf8.IsValid(text) || vocabulary.IdOf(text) >= 0)
            {
                throw new TokenizerFormatException($"piece {id} is empty, no UTF-8, or there twice");
            }

            vocabulary.Set(text, id);
        }

        if (model.ByteFallback && !ByteTokens.HasAll(ByteTokens.Find(vocabulary), AllBytes()))
        {
            throw new TokenizerFormatException("it falls back to bytes, and not every byte has a piece");
        }

        return vocabulary;
    }

    private static byte[] AllBytes() => [.. Enumerable.Range(0, 256).Select(b => (byte)b)];

    private static ByteTrie? ReadSymbols(SentencePieceModel model)
    {
        ByteTrie? symbols = null;
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            if (model.Pieces[id].Kind == PieceKind.UserDefined)
            {
                (symbols ??= new ByteTrie()).Add(model.Pieces[id].Text, id);
            }
        }

        return symbols;
    }

    private static SentencePieceUnigram Unigram(SentencePieceModel model, Vocabulary vocabulary, int unknown) =>
        new(
            vocabulary,
            [.. model.Pieces.Select(piece => piece.Score)],
            [.. model.Pieces.Select(piece => piece.Kind == PieceKind.UserDefined)],
            [.. model.Pieces.Select(piece => piece.Kind == PieceKind.Normal)],
            unknown,
            model.ByteFallback,
            model.IsOfVersion01
        );

    private static BpeOptions BpeOptionsOf(SentencePieceModel model, int unknown) =>
        new(
            Utf8.GetString(model.Pieces[unknown].Text),
            FuseUnknown: true,
            model.ByteFallback,
            IgnoreMerges: false,
            Prefix: null,
            Suffix: null
        );

    private static SentencePieceNormalizer Normalizer(
        SentencePieceModel model,
        ByteTrie? symbols,
        TokenizerConfig config
    )
    {
        DummyMark dummy =
            !model.AddsDummy ? DummyMark.None
            : model.MarksBehind ? DummyMark.Behind
            : config.PrefixesFirstOnly ? DummyMark.BeforeFirst
            : DummyMark.Before;
        try
        {
            CharacterMap? map = model.CharacterMap.Length > 0 ? new CharacterMap(model.CharacterMap) : null;
            return new SentencePieceNormalizer(
                map,
                symbols,
                new SpaceRules(dummy, model.RemovesExtraSpaces, model.EscapesSpaces)
            );
        }
        catch (InvalidDataException problem)
        {
            throw new TokenizerFormatException($"normalizer_spec: {problem.Message}");
        }
    }

    // A model alone never reads control pieces in a text; in a chat model's texts they are what the template writes.
    private static IEnumerable<AddedToken> Control(SentencePieceModel model, TokenizerConfig config) =>
        !config.MeansControlTokens
            ? []
            : model
                .Pieces.Select((piece, id) => (piece, id))
                .Where(entry => entry.piece.Kind == PieceKind.Control)
                .Select(entry => AddedToken.Control(Utf8.GetString(entry.piece.Text), entry.id));

    private static SentencePieceDecoder Decoder(SentencePieceModel model, int unknown, AddedVocabulary added)
    {
        HashSet<string> control = new(StringComparer.Ordinal);
        Dictionary<string, byte> bytes = new(StringComparer.Ordinal);
        foreach (ModelPiece piece in model.Pieces)
        {
            string text = Utf8.GetString(piece.Text);
            if (piece.Kind == PieceKind.Control && !added.Ids.ContainsKey(text))
            {
                control.Add(text);
            }
            else if (piece.Kind == PieceKind.Byte && text.Length == 6)
            {
                bytes[text] = Convert.FromHexString(text.AsSpan(3, 2))[0];
            }
        }

        return new SentencePieceDecoder(
            control,
            bytes,
            Utf8.GetString(model.Pieces[unknown].Text),
            model.UnknownText,
            hidesFirstMark: model.AddsDummy || model.RemovesExtraSpaces,
            hidesLeadingMarks: model.RemovesExtraSpaces
        );
    }

    private static int IdOf(AddedVocabulary added, string? token) =>
        token is not null && added.Ids.TryGetValue(token, out int id) ? id : -1;
}

using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Loading;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Normalizers;
using MultiTurnTrainer.Tokenizers.PostProcessors;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers;

/// <summary>
/// Encodes by the letter: added tokens, normalizer, added tokens of the normalized text, pre-tokenizer, model, truncation,
/// post-processor, padding, every byte carrying its place in the original.
/// </summary>
internal sealed class GenericEncoder(TokenizerFile file)
{
    /// <summary>Whether the post-processor asks how many blanks tokens begin and end with.</summary>
    public bool NeedsBlanks { get; } = file.PostProcessor?.TrimsOffsets ?? false;

    // Whether the post-processor leaves tokens alone when it may not add any; a template could repeat them.
    private readonly bool _keepsTokens = KeepsTokens(file.PostProcessor);

    /// <summary>Encodes a text.</summary>
    public Encoding Encode(string text, EncodeOptions options)
    {
        byte[] original = Utf8.GetBytes(text);
        PieceText pieces = Extract(original, SpecialTokenFilter.For(text, options, file.Added));
        file.PreTokenizer?.PreTokenize(pieces);
        Segment segment = Tokenize(original, pieces, options.TruncateAndPad ? file.Truncation : null);
        segment = Finish(segment, options);
        return new Encoding([.. segment.Ids], [.. segment.Offsets]);
    }

    /// <summary>Post-processes tokens that were encoded elsewhere; for tokenizers that need no blanks.</summary>
    public Encoding Finish(Encoding encoding, EncodeOptions options)
    {
        bool padded = options.TruncateAndPad && file.Padding is not null;
        if (!padded && (file.PostProcessor is null || (_keepsTokens && !options.AddSpecialTokens)))
        {
            return encoding;
        }

        Segment segment = new();
        segment.Ids.AddRange(encoding.Ids);
        segment.Offsets.AddRange(encoding.Offsets);
        segment.TypeIds.AddRange(Enumerable.Repeat(0, encoding.Ids.Length));
        segment.Blanks.AddRange(Enumerable.Repeat((0, 0), encoding.Ids.Length));
        segment = Finish(segment, options);
        return new Encoding([.. segment.Ids], [.. segment.Offsets]);
    }

    private static bool KeepsTokens(IPostProcessor? processor)
    {
        Segment one = new();
        one.AddSpecial(0, 0);
        try
        {
            return processor is null || processor.Process([one], addSpecialTokens: false).Sum(s => s.Count) == 1;
        }
        catch (TokenizationException)
        {
            return false;
        }
    }

    private PieceText Extract(byte[] original, MatchFilter? isForbidden)
    {
        PieceText pieces = new();
        pieces.Text.AppendOriginal(original, 0);
        if (original.Length > 0)
        {
            pieces.Pieces.Add(new Piece(0, original.Length, 0, -1));
        }

        Cut(pieces, file.Added.Raw, isForbidden);
        if (file.Normalizer is not null)
        {
            pieces.Rewrite(file.Normalizer.Normalize);
        }

        Cut(pieces, file.Added.Normalized, isForbidden);
        return pieces;
    }

    // Cuts at the added tokens; without any, pieces still take the origin of their first byte.
    private static void Cut(PieceText pieces, AddedTokenFinder? finder, MatchFilter? isForbidden)
    {
        List<AddedTokenMatch> matches = [];
        pieces.Split(
            (piece, target) =>
            {
                if (piece.Length == 0)
                {
                    return;
                }

                matches.Clear();
                MatchFilter? filter = isForbidden is null
                    ? null
                    : (token, start, end) =>
                        isForbidden(
                            token,
                            pieces.Text.Starts[piece.Start + start],
                            pieces.Text.Ends[piece.Start + end - 1]
                        );
                finder?.Find(pieces.Text.Bytes.Slice(piece.Start, piece.Length), filter, matches);
                int at = 0;
                foreach (AddedTokenMatch match in matches)
                {
                    if (at < match.Start)
                    {
                        target.Add(pieces.Slice(piece.Start + at, match.Start - at));
                    }

                    target.Add(pieces.Slice(piece.Start + match.Start, match.End - match.Start, match.Id));
                    at = match.End;
                }

                if (at != piece.Length)
                {
                    target.Add(pieces.Slice(piece.Start + at, piece.Length - at));
                }
            }
        );
    }

    private Segment Tokenize(byte[] original, PieceText pieces, Truncation? truncation)
    {
        // Where a text will be cut the reference stops at the word that fills it (or begins there, from the left).
        Truncation? limit = truncation is { Strategy: not TruncationStrategy.OnlySecond } ? truncation : null;
        int first = limit is { FromLeft: true } ? FirstPiece(pieces, limit.MaxLength) : 0;
        Segment segment = new();
        ScalarIndex index = new(original, countsEnd: file.Normalizer is SentencePieceNormalizer);
        List<ModelToken> tokens = [];
        ReadOnlySpan<int> starts = pieces.Text.Starts;
        ReadOnlySpan<int> ends = pieces.Text.Ends;
        foreach (Piece piece in pieces.Pieces.Skip(first))
        {
            if (piece.Length == 0)
            {
                continue;
            }

            ReadOnlySpan<byte> word = pieces.Text.Bytes.Slice(piece.Start, piece.Length);
            if (piece.TokenId >= 0)
            {
                Add(segment, piece.TokenId, index.Convert(starts[piece.Start], ends[piece.End - 1]), word);
                continue;
            }

            tokens.Clear();
            file.Model.Tokenize(word, tokens);
            foreach (ModelToken token in tokens)
            {
                TokenOffset offset;
                if (token.Start >= token.End)
                {
                    offset = index.Convert(piece.Origin + token.Start, piece.Origin + token.End);
                }
                else if (token.End > word.Length)
                {
                    offset = index.Convert(token.Start, token.End);
                }
                else
                {
                    offset = index.Convert(starts[piece.Start + token.Start], ends[piece.Start + token.End - 1]);
                }

                Add(segment, token.Id, offset, ValueOf(token, word));
            }

            if (limit is { FromLeft: false } && segment.Count >= limit.MaxLength)
            {
                break;
            }
        }

        return segment;
    }

    // The piece from which on, counted from the end, there are enough tokens.
    private int FirstPiece(PieceText pieces, int enough)
    {
        int total = 0;
        List<ModelToken> tokens = [];
        for (int i = pieces.Pieces.Count - 1; i >= 0; i--)
        {
            Piece piece = pieces.Pieces[i];
            if (piece.TokenId >= 0)
            {
                total++;
                continue;
            }

            tokens.Clear();
            if (piece.Length > 0)
            {
                file.Model.Tokenize(pieces.Text.Bytes.Slice(piece.Start, piece.Length), tokens);
            }

            total += tokens.Count;
            if (total >= enough)
            {
                return i;
            }
        }

        return 0;
    }

    private void Add(Segment segment, int id, TokenOffset offset, ReadOnlySpan<byte> value)
    {
        segment.Ids.Add(id);
        segment.Offsets.Add(offset);
        segment.TypeIds.Add(0);
        segment.Blanks.Add(NeedsBlanks ? OffsetTrimming.Count(value) : default);
    }

    // What the reference calls the token's text: the vocabulary's, but an unknown one of Unigram's is the word's.
    private ReadOnlySpan<byte> ValueOf(ModelToken token, ReadOnlySpan<byte> word)
    {
        if (file.Model is UnigramModel unigram && token.Id == unigram.Unknown)
        {
            return word[token.Start..token.End];
        }

        file.Model.Vocabulary.TryGetToken(token.Id, out ReadOnlySpan<byte> value);
        return value;
    }

    private Segment Finish(Segment segment, EncodeOptions options)
    {
        List<Segment> segments = [segment];
        if (options.TruncateAndPad)
        {
            int reserved = options.AddSpecialTokens ? file.PostProcessor?.AddedTokens(isPair: false) ?? 0 : 0;
            file.Truncation?.Apply(segments, reserved);
        }

        segments = file.PostProcessor?.Process(segments, options.AddSpecialTokens) ?? segments;
        if (segments.Count != 1)
        {
            Segment joined = new();
            segments.ForEach(joined.Append);
            segments = [joined];
        }

        return options.TruncateAndPad && file.Padding is not null ? file.Padding.Apply(segments[0]) : segments[0];
    }
}

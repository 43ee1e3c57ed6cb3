using MultiTurnTrainer.Tokenization.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenization.Tokenizers.Loading;
using MultiTurnTrainer.Tokenization.Tokenizers.Models;
using MultiTurnTrainer.Tokenization.Tokenizers.PostProcessors;
using MultiTurnTrainer.Tokenization.Tokenizers.Text;
using MultiTurnTrainer.Tokenization.Unicode;

namespace MultiTurnTrainer.Tokenization.Tokenizers;

/// <summary>
/// Encodes by the letter: added tokens, normalizer, added tokens of the normalized text, pre-tokenizer, model, truncation,
/// post-processor, padding, every byte carrying its place in the original.
/// </summary>
internal sealed class GenericEncoder(TokenizerFile file)
{
    private readonly bool _needsBlanks = file.PostProcessor?.TrimsOffsets ?? false;

    /// <summary>Encodes a text.</summary>
    public Encoding Encode(string text, EncodeOptions options)
    {
        byte[] original = Utf8.GetBytes(text);
        PieceText pieces = Extract(original, Forbidden(text, options));
        file.PreTokenizer?.PreTokenize(pieces);
        Segment segment = Tokenize(original, pieces);
        segment = Finish(segment, options);
        return new Encoding([.. segment.Ids], [.. segment.Offsets]);
    }

    private PieceText Extract(byte[] original, Func<PieceText, MatchFilter?> forbidden)
    {
        PieceText pieces = new();
        pieces.Text.AppendOriginal(original, 0);
        if (original.Length > 0)
        {
            pieces.Pieces.Add(new Piece(0, original.Length, 0, -1));
        }

        Cut(pieces, file.Added.Raw, forbidden(pieces));
        if (file.Normalizer is not null)
        {
            pieces.Rewrite(file.Normalizer.Normalize);
        }

        Cut(pieces, file.Added.Normalized, forbidden(pieces));
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
                    : (token, start, end) => isForbidden(token, piece.Start + start, piece.Start + end);
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

    private Segment Tokenize(byte[] original, PieceText pieces)
    {
        Segment segment = new();
        ScalarIndex index = new(original);
        List<ModelToken> tokens = [];
        ReadOnlySpan<int> starts = pieces.Text.Starts;
        ReadOnlySpan<int> ends = pieces.Text.Ends;
        foreach (Piece piece in pieces.Pieces)
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
        }

        return segment;
    }

    private void Add(Segment segment, int id, TokenOffset offset, ReadOnlySpan<byte> value)
    {
        segment.Ids.Add(id);
        segment.Offsets.Add(offset);
        segment.TypeIds.Add(0);
        segment.Blanks.Add(_needsBlanks ? OffsetTrimming.Count(value) : default);
    }

    // What the reference calls the token's text: the vocabulary's, but Unigram's is the word's.
    private ReadOnlySpan<byte> ValueOf(ModelToken token, ReadOnlySpan<byte> word)
    {
        if (file.Model is UnigramModel)
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

    // For a stage's text: says which matches lie in data and may not become control tokens.
    private Func<PieceText, MatchFilter?> Forbidden(string text, EncodeOptions options)
    {
        if (options.AllowAddedToken is { } allow)
        {
            return pieces =>
                (token, start, end) =>
                    !allow(file.Added.Ids[token.Content], pieces.Text.Starts[start], pieces.Text.Ends[end - 1]);
        }

        if (!options.RecognizeSpecialTokens)
        {
            return static _ => static (token, _, _) => token.Special;
        }

        if (options.DataRanges.Count == 0)
        {
            return static _ => null;
        }

        DataRanges ranges = new(text, options.DataRanges);
        return pieces =>
            (token, start, end) =>
                token.Special && ranges.Touches(pieces.Text.Starts[start], pieces.Text.Ends[end - 1]);
    }
}

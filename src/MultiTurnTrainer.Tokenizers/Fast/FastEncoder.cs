// Folder Fast: the hot path: scanners, word cache, merges.
// Refuses to know: which file a tokenizer came from.
using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Loading;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// Encodes without intermediate texts: added tokens, then words straight from the input's bytes, most of them from a
/// cache. Only for tokenizers of known make; the ids and offsets are those of <see cref="GenericEncoder"/>.
/// </summary>
internal sealed class FastEncoder
{
    private readonly AddedVocabulary _added;
    private readonly IPieceEncoder _pieces;
    private readonly ConcurrentBag<EncodeWorker> _workers = [];
    private volatile WordCache? _words;

    private FastEncoder(AddedVocabulary added, IPieceEncoder pieces)
    {
        _added = added;
        _pieces = pieces;
    }

    /// <summary>Whether <see cref="TryPlace"/> can say what tokens stand for.</summary>
    public bool KnowsPlaces => _pieces.KnowsPlaces;

    /// <summary>The fast encoder for a tokenizer, or null.</summary>
    public static FastEncoder? TryCreate(TokenizerFile file) =>
        FastPlan.Find(file) is { } pieces ? new FastEncoder(file.Added, pieces) : null;

    /// <summary>A worker of the pool; give it back.</summary>
    public EncodeWorker Rent()
    {
        WordCache words = _words ?? ReplaceWords(null);
        if (!_workers.TryTake(out EncodeWorker? worker))
        {
            return _pieces.NewWorker(words);
        }

        worker.Words = words;
        return worker;
    }

    /// <summary>Takes a worker back, its caches warm.</summary>
    public void Return(EncodeWorker worker)
    {
        if (worker.Words.IsFull)
        {
            ReplaceWords(worker.Words);
        }

        _workers.Add(worker);
    }

    /// <summary>Appends the ids of valid UTF-8, or nothing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isForbidden">Which control tokens stay text; offsets are bytes of the text.</param>
    /// <param name="worker">A worker.</param>
    /// <param name="output">Where the ids go; measured where they are to be located.</param>
    /// <param name="locate">Whether stretches are noted, for <see cref="Locate"/> and <see cref="TryPlace"/>.</param>
    /// <returns>Whether it could.</returns>
    public bool TryEncode(
        ReadOnlySpan<byte> text,
        MatchFilter? isForbidden,
        EncodeWorker worker,
        IdBuffer output,
        bool locate
    )
    {
        worker.Normalizes = _pieces.NeedsNfc && !NormalizationForms.IsSurelyNfc(text);
        if (worker.Normalizes && (locate || isForbidden is not null) && _added.Normalized is not null)
        {
            // Added tokens of a changed text: only the generic encoder knows where they stood.
            return false;
        }

        worker.Stretches.Clear();
        worker.Nfc.Clear();
        int before = output.Count;
        List<AddedTokenMatch> matches = worker.Matches;
        matches.Clear();
        _added.Raw?.Find(text, isForbidden, matches);
        int at = 0;
        foreach (AddedTokenMatch match in CollectionsMarshal.AsSpan(matches))
        {
            if (at < match.Start)
            {
                EncodePiece(text[at..match.Start], at, isForbidden, worker, output, locate);
            }

            AddToken(match, 0, worker, output, locate);
            at = match.End;
        }

        if (at < text.Length)
        {
            EncodePiece(text[at..], at, isForbidden, worker, output, locate);
        }

        if (!locate)
        {
            MeasuredIds.Strip(output.From(before));
        }

        return true;
    }

    /// <summary>Fills the offsets of the measured ids that the worker encoded last.</summary>
    public void Locate(ReadOnlySpan<byte> text, EncodeWorker worker, ReadOnlySpan<int> ids, Span<TokenOffset> offsets)
    {
        int at = 0;
        int scalar = 0;
        int id = 0;
        foreach (EncodedStretch stretch in CollectionsMarshal.AsSpan(worker.Stretches))
        {
            // A token may reach over the next one by the whitespace it takes, so stretches can lie behind the position.
            scalar += stretch.Start >= at ? Utf8.Count(text[at..stretch.Start]) : -Utf8.Count(text[stretch.Start..at]);
            ReadOnlySpan<byte> part = text[stretch.Start..stretch.End];
            int length = Utf8.Count(part);
            if (stretch.IsAdded)
            {
                offsets[id] = new TokenOffset(scalar, scalar + length);
            }
            else
            {
                _pieces.Locate(
                    part,
                    scalar,
                    stretch,
                    worker.Nfc.Scalars[stretch.Rewritten..stretch.RewrittenEnd],
                    ids.Slice(id, stretch.Ids),
                    offsets.Slice(id, stretch.Ids)
                );
            }

            id += stretch.Ids;
            at = stretch.End;
            scalar += length;
        }
    }

    /// <summary>Adds the tokens that the worker encoded last with the bytes that they stand for; false where they do not tell.</summary>
    public bool TryPlace(EncodeWorker worker, ReadOnlySpan<int> ids, TokenSpans output)
    {
        int id = 0;
        bool afterAdded = false;
        foreach (EncodedStretch stretch in CollectionsMarshal.AsSpan(worker.Stretches))
        {
            if (stretch.IsAdded)
            {
                if (afterAdded)
                {
                    output.ExtendLast(stretch.ContentStart);
                }

                output.MarkAdded();
                output.Add(ids[id], stretch.ContentStart, stretch.ContentEnd);
                output.ExtendLast(stretch.End);
            }
            else if (
                !_pieces.TryPlace(
                    stretch,
                    worker.Nfc.Scalars[stretch.Rewritten..stretch.RewrittenEnd],
                    ids.Slice(id, stretch.Ids),
                    output
                )
            )
            {
                return false;
            }

            afterAdded = stretch.IsAdded;
            id += stretch.Ids;
        }

        return true;
    }

    private void EncodePiece(
        ReadOnlySpan<byte> text,
        int start,
        MatchFilter? isForbidden,
        EncodeWorker worker,
        IdBuffer output,
        bool locate
    )
    {
        EncodedStretch whole = At(start, start + text.Length, worker);
        if (worker.Normalizes && NormalizationForms.NextUnstable(text, 0, out _) >= 0)
        {
            text = worker.Nfc.Rewrite(text);
        }

        if (_added.Normalized is null)
        {
            EncodeWords(text, whole, worker, output, locate);
            return;
        }

        List<AddedTokenMatch> matches = worker.PieceMatches;
        matches.Clear();
        _added.Normalized.Find(text, isForbidden is null ? null : Shift(isForbidden, start), matches);
        int at = 0;
        foreach (AddedTokenMatch match in CollectionsMarshal.AsSpan(matches))
        {
            if (at < match.Start)
            {
                EncodeWords(text[at..match.Start], At(start + at, start + match.Start, worker), worker, output, locate);
            }

            AddToken(match, start, worker, output, locate);
            at = match.End;
        }

        if (at < text.Length)
        {
            EncodeWords(text[at..], At(start + at, start + text.Length, worker), worker, output, locate);
        }
    }

    // Of several threads that find the cache missing or full, one replaces it.
    private WordCache ReplaceWords(WordCache? old)
    {
        lock (_workers)
        {
            return _words == old ? _words = new WordCache() : _words!;
        }
    }

    // Apart, because a method that makes a closure allocates whether it is used or not.
    private static MatchFilter Shift(MatchFilter filter, int start) =>
        (token, from, to) => filter(token, start + from, start + to);

    private static EncodedStretch At(int start, int end, EncodeWorker worker) =>
        new(start, end, 0) { Rewritten = worker.Nfc.Scalars.Length };

    private void EncodeWords(
        ReadOnlySpan<byte> text,
        EncodedStretch stretch,
        EncodeWorker worker,
        IdBuffer output,
        bool locate
    )
    {
        int before = output.Count;
        bool prefix = _pieces.Encode(text, stretch.Start, worker, output);
        if (locate)
        {
            worker.Stretches.Add(
                stretch with
                {
                    Ids = output.Count - before,
                    HasPrefix = prefix,
                    Length = text.Length,
                    RewrittenEnd = worker.Nfc.Scalars.Length,
                }
            );
        }
    }

    private static void AddToken(AddedTokenMatch match, int start, EncodeWorker worker, IdBuffer output, bool locate)
    {
        output.Add(match.Id);
        if (locate)
        {
            worker.Stretches.Add(
                new EncodedStretch(start + match.Start, start + match.End, 1)
                {
                    ContentStart = start + match.ContentStart,
                    ContentEnd = start + match.ContentEnd,
                }
            );
        }
    }
}

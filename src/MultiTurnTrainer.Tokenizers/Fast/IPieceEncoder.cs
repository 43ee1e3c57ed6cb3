namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Encodes the text between added tokens.</summary>
internal interface IPieceEncoder
{
    /// <summary>Whether pieces must be in NFC.</summary>
    bool NeedsNfc { get; }

    /// <summary>Whether <see cref="TryPlace"/> can say what tokens stand for.</summary>
    bool KnowsPlaces { get; }

    /// <summary>A new worker.</summary>
    /// <param name="cache">The words that all workers know.</param>
    EncodeWorker NewWorker(WordCache cache);

    /// <summary>Appends the ids of a piece of valid UTF-8, measured where they can be.</summary>
    /// <param name="text">The piece, not empty.</param>
    /// <param name="start">Where it lies in the whole text.</param>
    /// <param name="worker">The caller's worker.</param>
    /// <param name="output">Where the ids go.</param>
    /// <returns>Whether a mark was put before the piece.</returns>
    bool Encode(ReadOnlySpan<byte> text, int start, EncodeWorker worker, IdBuffer output);

    /// <summary>Writes the code points that a stretch's ids stand for.</summary>
    /// <param name="text">The stretch.</param>
    /// <param name="scalar">The number of code points before it.</param>
    /// <param name="stretch">Where it lies.</param>
    /// <param name="rewritten">Its scalars that NFC has changed.</param>
    /// <param name="ids">Its ids, as <see cref="Encode"/> gave them.</param>
    /// <param name="offsets">As many offsets.</param>
    void Locate(
        ReadOnlySpan<byte> text,
        int scalar,
        EncodedStretch stretch,
        ReadOnlySpan<RewrittenScalar> rewritten,
        ReadOnlySpan<int> ids,
        Span<TokenOffset> offsets
    );

    /// <summary>Adds a stretch's tokens with the bytes that they stand for.</summary>
    /// <param name="stretch">Where it lies.</param>
    /// <param name="rewritten">Its scalars that NFC has changed.</param>
    /// <param name="ids">Its ids, as <see cref="Encode"/> gave them.</param>
    /// <param name="output">Receives the tokens.</param>
    /// <returns>Whether the tokens spell the stretch.</returns>
    bool TryPlace(
        EncodedStretch stretch,
        ReadOnlySpan<RewrittenScalar> rewritten,
        ReadOnlySpan<int> ids,
        TokenSpans output
    );
}

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// A known splitting pattern written out by hand over UTF-8. Implemented by empty structs, so that the encoder's loop is
/// compiled once for each.
/// </summary>
internal interface IWordScanner
{
    /// <summary>Where the part that begins at a position ends; words do not reach over it.</summary>
    static abstract int PartEnd(ref byte text, int length, int at);

    /// <summary>Where the word that begins at a position ends.</summary>
    static abstract int WordEnd(ref byte text, int length, int at);
}

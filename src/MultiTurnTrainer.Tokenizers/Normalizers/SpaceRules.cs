namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary>Where SentencePiece puts a mark that belongs to no space of the text.</summary>
internal enum DummyMark
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Before every text.</summary>
    Before,

    /// <summary>Before what begins the text and does not begin with a space or mark, as newer Llama classes have it.</summary>
    BeforeFirst,

    /// <summary>Behind every text.</summary>
    Behind,
}

/// <summary>How SentencePiece treats spaces.</summary>
/// <param name="Dummy">Where a mark is put.</param>
/// <param name="RemoveExtra">Whether spaces at the ends, and all but one of a run, are removed.</param>
/// <param name="Escape">Whether spaces become U+2581.</param>
internal sealed record SpaceRules(DummyMark Dummy, bool RemoveExtra, bool Escape);

namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>What a BPE model does beside merging.</summary>
/// <param name="Unknown">The token of unknown characters, or null: they vanish.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters are one token.</param>
/// <param name="ByteFallback">Whether unknown characters become <c>&lt;0xNN&gt;</c> tokens where all bytes have one.</param>
/// <param name="IgnoreMerges">Whether a word that is a token is taken whole.</param>
/// <param name="Prefix">Put before every character but a word's first.</param>
/// <param name="Suffix">Put behind a word's last character.</param>
internal sealed record BpeOptions(
    string? Unknown,
    bool FuseUnknown,
    bool ByteFallback,
    bool IgnoreMerges,
    string? Prefix,
    string? Suffix
);

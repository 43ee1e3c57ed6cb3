namespace MultiTurnTrainer.Unicode;

/// <summary><c>\w</c> of Rust's regex crate: alphabetic, marks, decimal digits, connectors, joiners.</summary>
public static class WordCharacters
{
    private static readonly CodePointSet Set = UnicodeData.Set("rust_word");

    /// <summary>Whether the scalar is part of a word.</summary>
    public static bool Contains(int scalar) =>
        scalar < 0x80 ? scalar == '_' || char.IsAsciiLetterOrDigit((char)scalar) : Set.Contains(scalar);
}

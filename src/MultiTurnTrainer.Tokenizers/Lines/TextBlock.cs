namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Whole lines of a file.</summary>
/// <param name="Bytes">The lines, each with its line end; the file's last may lack it.</param>
/// <param name="FirstLine">The number of the first line, from 1.</param>
internal readonly record struct TextBlock(byte[] Bytes, int FirstLine);

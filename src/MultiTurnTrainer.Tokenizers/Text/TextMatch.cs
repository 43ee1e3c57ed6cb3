namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>A range of bytes that a pattern matched, or that lies between two matches.</summary>
internal readonly record struct TextMatch(int Start, int End, bool IsMatch);

namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>A token that a model found in a word; positions are bytes of the word.</summary>
internal readonly record struct ModelToken(int Id, int Start, int End);

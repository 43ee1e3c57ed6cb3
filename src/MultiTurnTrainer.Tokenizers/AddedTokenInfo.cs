namespace MultiTurnTrainer.Tokenizers;

/// <summary>A token that is found in the text before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">What it looks like.</param>
/// <param name="Special">Whether it is marked special: left out when decoding for people.</param>
public sealed record AddedTokenInfo(int Id, string Content, bool Special);

namespace MultiTurnTrainer.Context;

/// <summary>Counts tokens without showing them: policies work with budgets, never with ids.</summary>
public interface ITokenCounter
{
    /// <summary>The number of tokens of a text by itself, without special tokens around it.</summary>
    int Count(string text);
}

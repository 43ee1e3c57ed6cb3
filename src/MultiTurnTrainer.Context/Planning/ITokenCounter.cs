namespace MultiTurnTrainer.Context.Planning;

/// <summary>Counts in the target model's own tokens. The same input gives the same number.</summary>
public interface ITokenCounter
{
    /// <summary>Whether the numbers are estimates, as for hosted models whose template nobody knows.</summary>
    bool IsEstimate { get; }

    /// <summary>Tokens of an empty prompt: what the template prints around the messages, the header of the answer included.</summary>
    int Frame { get; }

    /// <summary>Tokens that a message adds to a prompt, what the template prints around it included.</summary>
    int Count(Message message);

    /// <summary>Tokens of a text inside a message.</summary>
    int Count(string text);

    /// <summary>Tokens that the declared tools add to a prompt.</summary>
    int CountTools(JsonView tools);
}

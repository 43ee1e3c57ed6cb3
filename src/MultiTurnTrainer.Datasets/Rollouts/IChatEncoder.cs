namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>From messages to the ids a model is asked with, and from its ids to a reply's text.</summary>
public interface IChatEncoder
{
    /// <summary>The rendered messages with the generation prompt, as ids.</summary>
    int[] Prompt(IReadOnlyList<ChatTurn> messages);

    /// <summary>A reply's text, its stop token left out.</summary>
    string Reply(IReadOnlyList<int> ids);
}

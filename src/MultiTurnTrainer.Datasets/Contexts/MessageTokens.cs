namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Counts each message of a conversation once. Not for several threads.</summary>
/// <param name="counter">What counts.</param>
internal sealed class MessageTokens(ITokenCounter counter) : ITokenCounter
{
    private readonly Dictionary<Message, int> _known = new(ReferenceEqualityComparer.Instance);

    public bool IsEstimate => counter.IsEstimate;

    public int Frame => counter.Frame;

    public int Count(Message message)
    {
        ref int tokens = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, message, out bool isKnown);
        return isKnown ? tokens : tokens = counter.Count(message);
    }

    public int Count(string text) => counter.Count(text);

    public int CountTools(JsonView tools) => counter.CountTools(tools);
}

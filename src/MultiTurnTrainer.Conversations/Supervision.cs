namespace MultiTurnTrainer.Conversations;

/// <summary>
/// How much each message of a conversation, and each piece of its content, counts in the loss: numbers from 0 (context)
/// to 1. Row, message, part and range multiply; what says nothing counts 1.
/// </summary>
public sealed class Supervision
{
    private readonly float[] _messages;
    private readonly ContentWeights?[] _contents;

    internal Supervision(float[] messages, ContentWeights?[] contents)
    {
        _messages = messages;
        _contents = contents;
    }

    /// <summary>Of a conversation that says nothing: everything counts 1.</summary>
    public static Supervision Full { get; } = new([], []);

    /// <summary>The weight of a message, the row's multiplied in.</summary>
    public float WeightOf(int message) => message < _messages.Length ? _messages[message] : 1;

    /// <summary>Weights inside a message's content; null without any.</summary>
    public ContentWeights? InContent(int message) => message < _contents.Length ? _contents[message] : null;
}

/// <summary>Weights inside one message's content.</summary>
/// <param name="Parts">One weight per part; empty when the parts carry none.</param>
/// <param name="Ranges">Weights of character ranges.</param>
public sealed record ContentWeights(IReadOnlyList<float> Parts, IReadOnlyList<WeightedRange> Ranges);

/// <summary>A range of code points of a content with its weight.</summary>
/// <param name="Start">The first code point.</param>
/// <param name="End">One past the last.</param>
/// <param name="Weight">The weight.</param>
public readonly record struct WeightedRange(int Start, int End, float Weight);

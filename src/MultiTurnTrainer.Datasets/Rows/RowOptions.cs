using MultiTurnTrainer.Context.Truncation;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>How conversations become token rows.</summary>
public sealed record RowOptions
{
    /// <summary>Whose messages are supervised.</summary>
    public IReadOnlySet<Role> Roles { get; init; } = new HashSet<Role> { Role.Assistant };

    /// <summary>Whether only the last message of these roles is supervised.</summary>
    public bool LastOnly { get; init; }

    /// <summary>
    /// Which parts of a message are supervised; empty means all of it. With parts named, only their own text and the stop
    /// token are supervised, not what the template writes around them.
    /// </summary>
    public IReadOnlySet<MessageField> Fields { get; init; } = new HashSet<MessageField>();

    /// <summary>
    /// Whether every answer is trained in the context that it really meets: answers whose prompt the template would
    /// render differently inside the whole conversation get a row of their own.
    /// </summary>
    public bool ExpandTurns { get; init; }

    /// <summary>Whether prompt and answer are tokenized apart, as a server does.</summary>
    public bool SplitAtBoundary { get; init; } = true;

    /// <summary>Most tokens of a row; null for no limit.</summary>
    public int? MaxLength { get; init; }

    /// <summary>What happens to longer rows.</summary>
    public TruncationMode Truncation { get; init; } = TruncationMode.Turns;

    /// <summary>Whether a refused row is left out and counted; otherwise the run fails.</summary>
    public bool SkipRefused { get; init; }

    /// <summary>
    /// Whether an answer that the template does not render is left out of the loss, and counted; otherwise its conversation
    /// is refused.
    /// </summary>
    public bool DropUnrenderedAnswers { get; init; }

    /// <summary>The date that templates with a clock see; null refuses them.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Threads that build rows.</summary>
    public int Threads { get; init; } = 1;
}

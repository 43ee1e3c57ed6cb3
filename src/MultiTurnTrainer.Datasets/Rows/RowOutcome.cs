using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What became of one conversation.</summary>
internal sealed class RowOutcome(Conversation conversation)
{
    /// <summary>The conversation.</summary>
    public Conversation Conversation { get; } = conversation;

    /// <summary>Its rows.</summary>
    public List<BuiltRow> Rows { get; } = [];

    /// <summary>Why there are none.</summary>
    public List<RowFinding> Findings { get; } = [];

    /// <summary>What the template silently did to its messages.</summary>
    public List<EffectPlace> Effects { get; } = [];

    /// <summary>The counts.</summary>
    public RowCounts Counts { get; } = new();

    /// <summary>Whether the conversation is refused.</summary>
    public bool IsRefused => Findings.Count > 0;

    /// <summary>Adds a row.</summary>
    public void Add(BuiltRow row)
    {
        Rows.Add(row);
        Counts.Add(row.Row);
        Counts.BoundaryTokens += row.BoundaryTokens;
        Counts.GenerationDifferences += row.GenerationDifferences;
    }

    /// <summary>Adds what the template did in one of its rows.</summary>
    public void Add(IEnumerable<EffectPlace> effects)
    {
        foreach (EffectPlace effect in effects)
        {
            Effects.Add(effect);
            Counts.AddEffect(effect.Code, 1, effect.Characters);
        }
    }

    /// <summary>Counts the conversation as lost, once a cause, when it is refused.</summary>
    public void CountRefusals()
    {
        foreach (IGrouping<string, RowFinding> cause in Findings.GroupBy(finding => finding.Code))
        {
            Counts.AddLoss(cause.Key, 1, cause.Sum(finding => finding.LostTokens));
        }
    }

    /// <summary>Refuses the conversation, or one of its answers.</summary>
    public void Refuse(string code, int message, string text, int lostTokens = 0) =>
        Findings.Add(new RowFinding(code, Conversation.Place, message, text) { LostTokens = lostTokens });
}

/// <summary>A row with everything that a view of it needs.</summary>
/// <param name="Row">The row.</param>
/// <param name="Masked">The rendered text and what is supervised of it.</param>
/// <param name="View">The messages that were rendered.</param>
/// <param name="Text">The text as UTF-8.</param>
/// <param name="Places">First byte and end of each token.</param>
internal sealed record BuiltRow(
    TokenRow Row,
    MaskedText Masked,
    ConversationView View,
    RowText Text,
    (int Start, int End)[] Places
)
{
    /// <summary>Tokens that differ because answers are tokenized apart from prompts.</summary>
    public int BoundaryTokens { get; init; }

    /// <summary>Stretches where the template's own <c>{% generation %}</c> marks differ from the mask.</summary>
    public int GenerationDifferences { get; init; }

    /// <summary>What the text holds of each message.</summary>
    public required PrintedConversation Printed { get; init; }

    /// <summary>The answers, by their place in the source, that are not supervised because the template does not render them.</summary>
    public required IReadOnlyList<int> Unrendered { get; init; }

    /// <summary>The text and where it came from.</summary>
    public RenderedText Rendered => Masked.Rendered;

    /// <summary>
    /// How many tokens were printed for each message. What is outside messages is not counted, except supervised tokens
    /// behind the conversation: they are the last answer's.
    /// </summary>
    /// <param name="supervisedOnly">Whether only supervised tokens count.</param>
    public int[] TokensPerMessage(bool supervisedOnly = false)
    {
        int[] counts = new int[View.Messages.Count];
        for (int i = 0; i < Places.Length; i++)
        {
            bool isSupervised = Row.Labels[i] != TokenRow.Unsupervised;
            int context = Text.Span(Text.SpanAtByte(Places[i].Start)).Context;
            context = context < 0 && isSupervised && Masked.Answers.Count > 0 ? Masked.Answers[^1].Message : context;
            if (context >= 0 && (isSupervised || !supervisedOnly))
            {
                counts[context]++;
            }
        }

        return counts;
    }
}

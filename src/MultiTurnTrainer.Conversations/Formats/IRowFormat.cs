namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>A shape that rows come in: knows its own, and writes it in the canonical form.</summary>
internal interface IRowFormat
{
    /// <summary>The name in reports, such as <c>sharegpt</c>.</summary>
    string Name { get; }

    /// <summary>Whether a row has this shape. Allocates nothing.</summary>
    bool Recognises(JsonTape row);

    /// <summary>Why a recognised row has this shape, as a clause for people.</summary>
    string Reason(JsonTape row);

    /// <summary>Writes the row in the canonical form.</summary>
    /// <returns>Null, or why this row cannot be a conversation although it has the shape.</returns>
    Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options);
}

/// <summary>Why a row is left out.</summary>
/// <param name="Reason">A clause for people.</param>
/// <param name="Token">The token to blame.</param>
internal sealed record Refusal(string Reason, int Token = 0);

/// <summary>Choices of a conversion.</summary>
public sealed record ConversionOptions
{
    /// <summary>The reader's choice: OpenAI rows are left exactly as they are.</summary>
    public static ConversionOptions Faithful { get; } = new();

    /// <summary>The choice of <c>mtt prepare</c>: one spelling for everything.</summary>
    public static ConversionOptions Canonical { get; } = new() { Normalise = true };

    /// <summary>
    /// Whether rows that are OpenAI messages already are rewritten too: aliases of roles, <c>thinking</c> and a leading
    /// <c>&lt;think&gt;</c> block to <c>reasoning_content</c>, <c>tools</c> and <c>arguments</c> to one shape.
    /// </summary>
    public bool Normalise { get; init; }

    /// <summary>Which side of a preference pair becomes the conversation; null refuses pairs.</summary>
    public PreferenceSide? Preference { get; init; }

    /// <summary>Whether assistant messages inside a prompt are supervised; otherwise they are context.</summary>
    public bool PromptAnswers { get; init; }

    /// <summary>Whether a question without an answer is read as a conversation of one user message.</summary>
    public bool Prompts { get; init; }
}

/// <summary>The sides of a preference pair.</summary>
public enum PreferenceSide
{
    /// <summary>The answer that was preferred.</summary>
    Chosen,

    /// <summary>The other one.</summary>
    Rejected,
}

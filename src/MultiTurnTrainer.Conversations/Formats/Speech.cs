namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Where a message says who speaks and what: under OpenAI's names or ShareGPT's.</summary>
/// <param name="Speaker">The value of <c>role</c> or <c>from</c>; −1 when there is none.</param>
/// <param name="Content">The value of <c>content</c>, or a turn's <c>value</c>, <c>content</c> or <c>text</c>; −1 when there is none.</param>
internal readonly record struct Speech(int Speaker, int Content)
{
    /// <summary>Whether an element is a turn of ShareGPT.</summary>
    public static bool IsTurn(JsonTape row, int element) =>
        row[element].Kind == JsonKind.Object && row.Present(element, "from"u8) >= 0;

    /// <summary>Looks at a message or a turn.</summary>
    public static Speech Of(JsonTape row, int message)
    {
        int from = row.Present(message, "from"u8);
        if (from < 0)
        {
            return new Speech(row.Find(message, "role"u8), row.Find(message, "content"u8));
        }

        int value = row.Present(message, "value"u8);
        value = value >= 0 ? value : row.Present(message, "content"u8);
        return new Speech(from, value >= 0 ? value : row.Present(message, "text"u8));
    }

    /// <summary>The role that a message's or turn's speaker means.</summary>
    public static Role Role(JsonTape row, int message) =>
        Of(row, message).Speaker is >= 0 and int speaker && row[speaker].Kind == JsonKind.String
            ? Roles.Meaning(row.String(speaker))
            : Conversations.Role.Unknown;

    /// <summary>Whether a value is the speaker or the content.</summary>
    public bool Holds(int value) => value == Speaker || value == Content;
}

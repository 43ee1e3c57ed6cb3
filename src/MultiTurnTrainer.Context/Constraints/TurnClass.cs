namespace MultiTurnTrainer.Context.Constraints;

/// <summary>What a user's sentence, or a whole turn, does to the conversation.</summary>
public enum TurnClass
{
    /// <summary>A question, a fact, small talk.</summary>
    None,

    /// <summary>It only confirms or thanks.</summary>
    Acknowledgement,

    /// <summary>It says what is liked, without demanding it.</summary>
    Preference,

    /// <summary>It settles something.</summary>
    Decision,

    /// <summary>It takes back or replaces something said before.</summary>
    Correction,

    /// <summary>It demands or forbids something of the answers to come.</summary>
    Constraint,
}

/// <summary>A sentence of a user with what it does.</summary>
/// <param name="Text">The sentence, as it stands in the message.</param>
/// <param name="Class">What it does.</param>
/// <param name="IsUncertain">Whether words of demand are in it that no rule could place: it is kept word for word.</param>
/// <param name="IsNonNegotiable">Whether the user says that it holds whatever happens.</param>
/// <param name="Withdraws">Whether it lifts a constraint.</param>
public readonly record struct ClassifiedSentence(
    string Text,
    TurnClass Class,
    bool IsUncertain,
    bool IsNonNegotiable,
    bool Withdraws
);

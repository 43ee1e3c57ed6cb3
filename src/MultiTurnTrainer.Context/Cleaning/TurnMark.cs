namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>What was noticed about a user message.</summary>
public enum TurnMarkKind
{
    /// <summary>It refers back to a reply: "your second option", "as you said", a bare "yes".</summary>
    RefersBack,

    /// <summary>It takes back something the user said.</summary>
    Corrects,
}

/// <summary>One finding about a user message.</summary>
/// <param name="Message">The index of the message in the conversation.</param>
/// <param name="Kind">What was noticed.</param>
/// <param name="Text">The words that show it.</param>
public sealed record TurnMark(int Message, TurnMarkKind Kind, string Text);

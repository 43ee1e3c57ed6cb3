namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>Turns of a user that say nothing about the task and hold no number that an answer could be taken from.</summary>
internal static class SmallTalk
{
    private static readonly string[] _turns =
    [
        "One moment, somebody is at the door.",
        "Sorry, I am back now.",
        "It has been raining here all morning.",
        "My cat just walked over the keyboard.",
        "I am writing this on the train, so I may be slow.",
        "Thank you for your patience.",
        "Let me find my glasses first.",
        "What a long day this has been.",
        "I really should drink less coffee.",
        "The neighbours are playing music again.",
        "I hope you are having a good day.",
        "Give me a second, the phone is ringing.",
        "That was only my sister.",
        "It is warm in this room.",
        "I like how quick this is.",
        "Where was I?",
        "We have just had lunch.",
        "The garden looks lovely this week.",
        "I nearly forgot what I was doing.",
        "Excuse the typing, my hands are cold.",
        "My tea has gone cold again.",
        "There is a bus outside that will not move.",
        "I read something funny in the paper today.",
        "Nearly there, I think.",
    ];

    /// <summary>So many turns, none twice before all were said once.</summary>
    public static IReadOnlyList<string> Draw(int count, SeededRandom random)
    {
        List<string> drawn = [];
        while (drawn.Count < count)
        {
            string[] order = [.. _turns];
            random.Shuffle<string>(order);
            drawn.AddRange(order.Take(count - drawn.Count));
        }

        return drawn;
    }
}

// Folder Constraints: what users demand, forbid, decide and correct, by rules over their own words.
// Refuses to know: prompts, tokens, what an assistant said.

namespace MultiTurnTrainer.Context.Constraints;

/// <summary>
/// Says of a user's sentences what they do, by wording in English, German and Chinese. The rules err on the side of
/// keeping: a sentence with words of demand that no rule can place is marked uncertain and stays word for word.
/// </summary>
public static class TurnRules
{
    private const int LongestAcknowledgement = 60;

    /// <summary>Every sentence of a user's message with what it does.</summary>
    /// <param name="text">The message.</param>
    public static IReadOnlyList<ClassifiedSentence> Classify(string text)
    {
        List<ClassifiedSentence> sentences = [];
        foreach (string sentence in Sentences.Of(text))
        {
            sentences.Add(One(sentence));
        }

        return sentences;
    }

    /// <summary>What a message does as a whole: the weightiest of its sentences.</summary>
    /// <param name="sentences">Its sentences.</param>
    public static TurnClass Whole(IReadOnlyList<ClassifiedSentence> sentences)
    {
        TurnClass found = TurnClass.None;
        bool onlyThanks = sentences.Count > 0;
        foreach (ClassifiedSentence sentence in sentences)
        {
            onlyThanks &= sentence.Class == TurnClass.Acknowledgement;
            if (sentence.Class != TurnClass.Acknowledgement && sentence.Class > found)
            {
                found = sentence.Class;
            }
        }

        return onlyThanks ? TurnClass.Acknowledgement : found;
    }

    private static ClassifiedSentence One(string sentence)
    {
        string text = Folded(sentence);
        bool asks = text.AsSpan().TrimEnd().EndsWith("?") || text.EndsWith('？') || Cues.AsksChinese.IsIn(text);
        ReadOnlySpan<char> body = LeadIn.Skip(text);
        bool withdraws = !asks && Cues.Withdrawal.IsIn(text);
        TurnClass found = withdraws ? TurnClass.Correction : Class(text, body, asks);
        bool uncertain = !asks && found is TurnClass.None && Cues.Demand.IsIn(text) && !Cues.Telling.StartsAt(body);
        return new(sentence, found, uncertain, Cues.NonNegotiable.IsIn(text), withdraws);
    }

    private static TurnClass Class(string text, ReadOnlySpan<char> body, bool asks)
    {
        if (IsConstraint(text, body, asks))
        {
            return TurnClass.Constraint;
        }

        if (!asks && IsAcknowledgement(text, body))
        {
            return TurnClass.Acknowledgement;
        }

        if (Cues.Correction.IsIn(text) || Cues.CorrectionStart.StartsAt(text) || IsNotThisButThat(text))
        {
            return TurnClass.Correction;
        }

        if (!asks && (Cues.Decision.IsIn(text) || Cues.DecisionStart.StartsAt(body) || Resolves(body)))
        {
            return TurnClass.Decision;
        }

        return !asks && Cues.Preference.IsIn(text) ? TurnClass.Preference : TurnClass.None;
    }

    private static bool IsNotThisButThat(string text) =>
        text.StartsWith("not ", StringComparison.Ordinal) && text.Contains(" but ", StringComparison.Ordinal);

    private static bool IsConstraint(string text, ReadOnlySpan<char> body, bool asks)
    {
        if (asks)
        {
            // "Can you keep it under 200 words?" is a demand in the form of a question.
            return Cues.PoliteDemand.IsIn(text);
        }

        if (Cues.StrongDemand.IsIn(text))
        {
            return true;
        }

        if (Cues.Guess.IsIn(text))
        {
            return false;
        }

        return Cues.Telling.StartsAt(body) ? DemandsBehind(text) : Demands(text, body);
    }

    private static bool Demands(string text, ReadOnlySpan<char> body)
    {
        bool startsHard =
            Cues.ConstraintStart.StartsAt(body) || (Cues.NoThings.StartsAt(body) && !Cues.NotNoThings.StartsAt(body));
        return (startsHard && !Cues.Speaker.IsIn(body))
            || Cues.Constraint.IsIn(text)
            || Cues.Obligation.IsIn(text)
            || (Cues.Imperative.StartsAt(body) && Cues.Restriction.IsIn(body) && !Cues.Correction.IsIn(text));
    }

    /// <summary>Whether a sentence that tells of its speaker goes on to a demand: "I can't have dairy, so find …".</summary>
    private static bool DemandsBehind(string text)
    {
        int comma = text.AsSpan().IndexOfAny(',', '，');
        if (comma < 0)
        {
            return false;
        }

        ReadOnlySpan<char> behind = text.AsSpan(comma + 1).TrimStart();
        int hence = Cues.Hence.LongestAt(behind);
        ReadOnlySpan<char> rest = LeadIn.Skip(behind[hence..]);
        bool demands =
            Cues.Imperative.StartsAt(rest)
            || Cues.ConstraintStart.StartsAt(rest)
            || (Cues.NoThings.StartsAt(rest) && !Cues.NotNoThings.StartsAt(rest));
        bool isChinese = text[comma] == '，' && !Cues.Telling.StartsAt(rest) && Cues.Constraint.IsIn(rest);
        return (hence > 0 && demands) || isChinese;
    }

    /// <summary>"I'll take", "we're booking", "wir nehmen": the speaker does it, which settles it.</summary>
    private static bool Resolves(ReadOnlySpan<char> body)
    {
        int subject = Cues.ResolveSubject.LongestAt(body);
        return subject > 0 && Cues.ResolveVerb.StartsAt(body[subject..].TrimStart());
    }

    private static bool IsAcknowledgement(string text, ReadOnlySpan<char> body)
    {
        if (text.Length > LongestAcknowledgement)
        {
            return false;
        }

        ReadOnlySpan<char> left = text;
        int taken = 0;
        while (Cues.Acknowledgement.LongestAt(left) is > 0 and int length)
        {
            left = left[length..].TrimStart(" ,.!;:-–—)，。！、～~👍🙂😊");
            taken += length;
        }

        // A word or two may be left, such as a name: "thanks a lot, Maria!"
        return taken > 0 && left.Trim(_marks).Length <= Math.Max(6, taken / 3) && body.Length > 0;
    }

    private static readonly string _marks = " .!,~。！，";

    // One form for the apostrophes and the letters' case.
    private static string Folded(string text) => text.Replace('’', '\'').ToLowerInvariant();
}

// Folder Retention: what of a message stays word for word, may be summarised or may go, by rule and by a model's word.
// Refuses to know: prompts, tokens, where anything stands.
using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Retention;

/// <summary>A sentence with what becomes of it when it leaves the window.</summary>
/// <param name="Text">The sentence, as it stands in the message.</param>
/// <param name="Class">What becomes of it.</param>
public readonly record struct RetainedSentence(string Text, RetentionClass Class);

/// <summary>Says by wording what the sentences of a message are, in English, German and Chinese.</summary>
public static class SaidRules
{
    private const int LongestFiller = 90;

    /// <summary>The sentences of a message with what they are.</summary>
    /// <param name="message">A message of the user or the assistant; nothing is in others.</param>
    public static IReadOnlyList<(string Text, SaidKind Kind)> Kinds(Message message) =>
        message.Role switch
        {
            Role.User =>
            [
                .. TurnRules.Classify(message.Content ?? "").Select(sentence => (sentence.Text, OfUser(sentence))),
            ],
            Role.Assistant => [.. Sentences.Of(message.Content ?? "").Select(text => (text, OfWording(text)))],
            _ => [],
        };

    private static SaidKind OfUser(ClassifiedSentence sentence) =>
        sentence.Class switch
        {
            // They stand apart, in the list of constraints.
            TurnClass.Constraint => SaidKind.Other,
            TurnClass.Acknowledgement => SaidKind.Acknowledgement,
            TurnClass.Preference => SaidKind.Preference,
            TurnClass.Decision => SaidKind.Decision,
            TurnClass.Correction when !sentence.Withdraws => SaidKind.Correction,
            TurnClass.None when !sentence.IsUncertain => OfWording(sentence.Text),
            _ => SaidKind.Other,
        };

    private static SaidKind OfWording(string sentence)
    {
        string text = sentence.Replace('’', '\'').ToLowerInvariant();
        bool asks = text.EndsWith('?') || text.EndsWith('？');
        if (!asks && Cues.Promise.IsIn(text) && !Cues.NoPromise.IsIn(text))
        {
            return SaidKind.Commitment;
        }

        // A courtesy that tells something else too, by a number or at length, is more than that.
        return text.Length <= LongestFiller && Cues.Courtesy.IsIn(text) && !text.AsSpan().ContainsAnyInRange('0', '9')
            ? SaidKind.Filler
            : SaidKind.Other;
    }
}

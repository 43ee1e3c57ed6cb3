using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Retention;

/// <summary>What becomes of a whole message.</summary>
public static class MessageRetention
{
    /// <summary>The class of the weightiest of its sentences; what demands or forbids something is kept whatever the policy says.</summary>
    /// <param name="message">The message.</param>
    /// <param name="index">Its place in the record.</param>
    /// <param name="policy">What stays and what goes.</param>
    /// <param name="artefacts">What a model said of it; null where the rules say it.</param>
    /// <exception cref="ArtefactMissingException">The policy names a model, and it has not been asked.</exception>
    public static RetentionClass Whole(Message message, int index, RetentionPolicy policy, IArtefacts? artefacts)
    {
        if (message.Role == Role.User && TurnRules.Classify(message.Content ?? "").Any(IsConstraint))
        {
            return RetentionClass.Keep;
        }

        IReadOnlyList<(string Text, SaidKind Kind)> kinds = SaidRules.Kinds(message);
        IEnumerable<RetentionClass> classes = kinds.Select(sentence => policy.ClassOf(sentence.Kind));
        if (RetentionReply.Request(policy, message, index) is { } request)
        {
            Artefact made = artefacts?.Find(request.Key) ?? throw new ArtefactMissingException([request]);
            classes = RetentionReply.Read(made.Text ?? "", kinds.Count) ?? classes;
        }

        return classes.DefaultIfEmpty(RetentionClass.Summarize).Max();
    }

    private static bool IsConstraint(ClassifiedSentence sentence) =>
        sentence.Class == TurnClass.Constraint || sentence.IsUncertain || sentence.Withdraws;
}

// Folder Dialogues: what was said in a dialogue: rounds, drafts, reviews, calls.
// Refuses to know: how it is held, measured or written.
using MultiTurnTrainer.Synthesis.Seeds;

namespace MultiTurnTrainer.Synthesis.Dialogues;

/// <summary>How a dialogue ended.</summary>
internal enum DialogueOutcome
{
    /// <summary>All rounds were held.</summary>
    Complete,

    /// <summary>A threshold or an answer that was never accepted ended it early; its rounds are kept.</summary>
    Stopped,

    /// <summary>A threshold, or no accepted answer at all: no conversation is written.</summary>
    Rejected,

    /// <summary>A model refused to play its role.</summary>
    Refused,

    /// <summary>A reply could not be read after all repairs.</summary>
    Unreadable,

    /// <summary>An endpoint did not answer; resuming tries again.</summary>
    Failed,
}

/// <summary>One reviewer's view of one answer.</summary>
/// <param name="Reviewer">Its number, from 1.</param>
/// <param name="Text">The criticism; null where the reviewer refused or could not be read.</param>
internal sealed record AnswerReview(int Reviewer, string? Text)
{
    /// <summary><c>sufficient</c> or <c>insufficient</c>, where the reviewer said so.</summary>
    public string? Verdict { get; init; }

    /// <summary>Scores by criterion, 1 to 10, where they are on.</summary>
    public IReadOnlyDictionary<string, double>? Scores { get; init; }
}

/// <summary>One answer with what was said about it.</summary>
/// <param name="Answer">The candidate's answer.</param>
/// <param name="Reviews">The reviews, in the reviewers' order; empty where there was no review.</param>
internal sealed record Draft(string Answer, IReadOnlyList<AnswerReview> Reviews)
{
    /// <summary>Refine mode: <c>accept</c> or <c>revise</c>.</summary>
    public string? Decision { get; init; }

    /// <summary>Refine mode: what the candidate is to change.</summary>
    public string? Instruction { get; init; }

    /// <summary>The mean over reviewers of the mean over criteria; null without scores.</summary>
    public double? Score =>
        Reviews.Where(review => review.Scores is not null).Select(review => review.Scores!.Values.Average()).ToArray()
            is { Length: > 0 } means
            ? means.Average()
            : null;
}

/// <summary>One question with its answers; the last draft is the answer that stands.</summary>
/// <param name="Question">The question.</param>
/// <param name="Direction">How the chairman says it came about: <c>breadth</c>, <c>depth</c>, or null.</param>
/// <param name="Drafts">The answers, oldest first; one in ask mode.</param>
internal sealed record Round(string Question, string? Direction, IReadOnlyList<Draft> Drafts)
{
    /// <summary>The answer that stands.</summary>
    public string Answer => Drafts[^1].Answer;
}

/// <summary>One call of a dialogue with what was asked.</summary>
/// <param name="Role"><c>candidate</c>, <c>reviewer1</c>… or <c>chairman</c>.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Record">What came back.</param>
internal sealed record TracedCall(string Role, ChatRequest Request, CallRecord Record);

/// <summary>A dialogue that came to an end.</summary>
internal sealed record DialogueResult(
    Seed Seed,
    DialogueOutcome Outcome,
    string? Reason,
    IReadOnlyList<Round> Rounds,
    IReadOnlyList<TracedCall> Calls
)
{
    /// <summary>Whether a conversation is written for it.</summary>
    public bool IsWritten(bool keepPartial) =>
        Rounds.Count > 0
        && Outcome switch
        {
            DialogueOutcome.Complete or DialogueOutcome.Stopped => true,
            DialogueOutcome.Rejected => false,
            _ => keepPartial,
        };
}

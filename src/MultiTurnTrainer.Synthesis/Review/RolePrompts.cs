using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Replies;
using MultiTurnTrainer.Synthesis.Seeds;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>
/// What each role sees (methods.md 2.1). Everyone keeps the bare questions and answers of earlier rounds; the guide to
/// the action belongs to one call only; reviews never stay in the chairman's history nor in the reviewers' own. The
/// reviewer's view is inverted: the question is the assistant's, the answer the user's, and framed, since a user's words
/// carry authority. Every text of others has its control-token look-alikes broken up.
/// </summary>
internal sealed class RolePrompts(ReviewSettings settings, PromptSet prompts)
{
    private readonly bool _json = settings.Format == ReplyFormat.Json;

    /// <summary>The candidate's view of a new question.</summary>
    public List<ChatTurn> Candidate(Seed seed, IReadOnlyList<Round> history, string question)
    {
        string system = prompts.Fill("candidate.system");
        if (seed.System is { Length: > 0 } own)
        {
            system += "\n\n" + ControlText.Neutralize(own);
        }

        List<ChatTurn> turns = [new("system", system)];
        AddHistory(turns, history);
        turns.Add(
            new(
                "user",
                prompts.Fill(
                    "candidate.guide",
                    ("question", ControlText.Neutralize(question)),
                    ("format", ReviewShapes.Respond.Describe(_json))
                )
            )
        );
        return turns;
    }

    /// <summary>The candidate's view of its own draft with the chairman's instructions.</summary>
    public List<ChatTurn> Revision(Seed seed, IReadOnlyList<Round> history, string question, Draft draft, CallKey key)
    {
        List<ChatTurn> turns = Candidate(seed, history, question);
        string instruction = ControlText.Neutralize(draft.Instruction!);
        turns.Add(new("assistant", ControlText.Neutralize(draft.Answer)));
        turns.Add(
            new(
                "user",
                prompts.Fill(
                    "candidate.revise",
                    ("material", Framing.For(settings.Seed, key, [instruction]).Wrap("instructions", instruction)),
                    ("format", ReviewShapes.Respond.Describe(_json))
                )
            )
        );
        return turns;
    }

    /// <summary>A reviewer's view of the latest answer; nothing of any review is in it.</summary>
    public List<ChatTurn> Reviewer(
        ReviewerSettings reviewer,
        ReplyShape shape,
        IReadOnlyList<Round> history,
        string question,
        string answer,
        CallKey key
    )
    {
        string[] answers = [.. history.Select(round => round.Answer).Append(answer).Select(ControlText.Neutralize)];
        Framing framing = Framing.For(settings.Seed, key, answers);
        List<ChatTurn> turns =
        [
            new("system", prompts.Fill("reviewer.system", ("criteria", string.Join(", ", reviewer.Criteria)))),
            new("user", prompts.Fill("reviewer.open")),
        ];
        for (int i = 0; i < history.Count; i++)
        {
            turns.Add(new("assistant", ControlText.Neutralize(history[i].Question)));
            turns.Add(new("user", framing.Wrap("answer", answers[i])));
        }

        turns.Add(new("assistant", ControlText.Neutralize(question)));
        turns.Add(
            new(
                "user",
                prompts.Fill(
                    "reviewer.guide",
                    ("material", framing.Wrap("answer", answers[^1])),
                    ("format", shape.Describe(_json))
                )
            )
        );
        return turns;
    }

    /// <summary>The chairman's view when the next question is due.</summary>
    public List<ChatTurn> Ask(IReadOnlyList<Round> rounds, CallKey key) =>
        Chairman(rounds, rounds[^1].Drafts[^1].Reviews, "chairman.ask", ReviewShapes.Ask, key);

    /// <summary>The chairman's view when an answer is to be accepted or revised.</summary>
    public List<ChatTurn> Decide(IReadOnlyList<Round> history, string question, Draft draft, CallKey key) =>
        Chairman(
            [.. history, new Round(question, null, [draft])],
            draft.Reviews,
            "chairman.decide",
            ReviewShapes.Decide,
            key
        );

    private List<ChatTurn> Chairman(
        IReadOnlyList<Round> rounds,
        IReadOnlyList<AnswerReview> reviews,
        string name,
        ReplyShape shape,
        CallKey key
    )
    {
        List<ChatTurn> turns = [new("system", prompts.Fill("chairman.system"))];
        AddHistory(turns, rounds);
        AnswerReview[] present = [.. reviews.Where(review => review.Text is not null)];
        if (present.Length == 0)
        {
            turns.Add(new("user", prompts.Fill(name + "-unreviewed", ("format", shape.Describe(_json)))));
            return turns;
        }

        string[] texts = [.. present.Select(review => ControlText.Neutralize(Describe(review)))];
        Framing framing = Framing.For(settings.Seed, key, texts);
        IEnumerable<string> framed = present.Select((review, i) => framing.Wrap($"review {review.Reviewer}", texts[i]));
        turns.Add(
            new("user", prompts.Fill(name, ("material", string.Join('\n', framed)), ("format", shape.Describe(_json))))
        );
        return turns;
    }

    private static string Describe(AnswerReview review) =>
        review.Verdict is null ? review.Text! : $"Verdict: {review.Verdict}. {review.Text}";

    private static void AddHistory(List<ChatTurn> turns, IReadOnlyList<Round> rounds)
    {
        foreach (Round round in rounds)
        {
            turns.Add(new("user", ControlText.Neutralize(round.Question)));
            turns.Add(new("assistant", ControlText.Neutralize(round.Answer)));
        }
    }
}

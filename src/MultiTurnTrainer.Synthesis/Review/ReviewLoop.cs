// Folder Review: Review-Instruct rounds: candidate, reviewers, chairman.
// Refuses to know: how a call reaches a model.
using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Replies;
using MultiTurnTrainer.Synthesis.Seeds;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>
/// One dialogue: respond, review, and then ask (or, in refine mode, decide and revise until accepted, then ask). A pure
/// function of the seed, the settings, the prompts and the replies; where the replies come from is not its business.
/// </summary>
internal sealed class ReviewLoop(ReviewSettings settings, PromptSet prompts, ICalls calls)
{
    private readonly RolePrompts _prompts = new(settings, prompts);
    private readonly RoleCalls _roles = new(
        new AskSettings(
            settings.Model,
            settings.Seed,
            settings.Format == ReplyFormat.Json,
            settings.MaxRepairs,
            settings.AcceptUntagged
        ),
        prompts,
        calls
    );
    private readonly bool _reviewLast = settings.ReviewLastRound || settings.Scores.Enabled;

    /// <summary>Holds the dialogue.</summary>
    /// <exception cref="CallMissingException">The recording ends before the dialogue does.</exception>
    /// <exception cref="BudgetReachedException">A limit is reached before the dialogue ends.</exception>
    public async Task<DialogueResult> RunAsync(Seed seed, CancellationToken cancellation)
    {
        List<TracedCall> log = [];
        List<Round> rounds = [];
        string question = seed.Question;
        string? direction = null;
        for (int number = 1; ; number++)
        {
            (List<Draft> drafts, RoleReply? end) = await AnswerAsync(seed, rounds, question, number, log, cancellation)
                .ConfigureAwait(false);
            if (end is not null)
            {
                return End(seed, rounds, end.Outcome, end.Reason, log);
            }

            Round round = new(question, direction, drafts);
            if (drafts[^1].Score < settings.Scores.StopBelow)
            {
                return End(
                    seed,
                    rounds,
                    rounds.Count > 0 ? DialogueOutcome.Stopped : DialogueOutcome.Rejected,
                    $"round {number} scored below {settings.Scores.StopBelow}",
                    log
                );
            }

            rounds.Add(round);
            if (number == settings.Rounds)
            {
                return Judge(seed, rounds, log);
            }

            CallKey key = new(seed.Index, $"r{number}/ask");
            RoleReply asked = await _roles
                .AskAsync(
                    "chairman",
                    settings.Chairman,
                    key,
                    _prompts.Ask(rounds, key),
                    ReviewShapes.Ask,
                    log,
                    cancellation
                )
                .ConfigureAwait(false);
            if (asked.Fields is null)
            {
                return End(seed, rounds, asked.Outcome, asked.Reason, log);
            }

            question = asked["ask"];
            direction = asked.Fields.GetValueOrDefault("direction");
        }
    }

    /// <summary>The candidate's answer with its reviews; in refine mode all drafts up to the accepted one.</summary>
    private async Task<(List<Draft> Drafts, RoleReply? End)> AnswerAsync(
        Seed seed,
        List<Round> history,
        string question,
        int number,
        List<TracedCall> log,
        CancellationToken cancellation
    )
    {
        List<Draft> drafts = [];
        while (true)
        {
            string place = $"r{number}/d{drafts.Count}";
            (Draft? draft, RoleReply? end) = await DraftAsync(
                    seed,
                    history,
                    question,
                    number,
                    drafts.LastOrDefault(),
                    place,
                    log,
                    cancellation
                )
                .ConfigureAwait(false);
            if (draft is null)
            {
                return (drafts, end);
            }

            if (settings.Mode == ReviewMode.Ask)
            {
                drafts.Add(draft);
                return (drafts, null);
            }

            (draft, end) = await DecideAsync(seed, history, question, draft, place, log, cancellation)
                .ConfigureAwait(false);
            if (end is not null)
            {
                return (drafts, end);
            }

            drafts.Add(draft);
            if (draft.Decision == "accept")
            {
                return (drafts, null);
            }

            if (drafts.Count > settings.Refine.MaxRevisions)
            {
                return (drafts, settings.Refine.OnLimit == UnacceptedAnswer.Keep ? null : Unaccepted(history, number));
            }
        }
    }

    /// <summary>One answer of the candidate with its reviews; or none, and what ended the dialogue.</summary>
    private async Task<(Draft? Draft, RoleReply? End)> DraftAsync(
        Seed seed,
        List<Round> history,
        string question,
        int number,
        Draft? before,
        string place,
        List<TracedCall> log,
        CancellationToken cancellation
    )
    {
        CallKey key = new(seed.Index, $"{place}/candidate");
        List<ChatTurn> turns = before is null
            ? _prompts.Candidate(seed, history, question)
            : _prompts.Revision(seed, history, question, before, key);
        RoleReply answer = await _roles
            .AskAsync("candidate", settings.Candidate, key, turns, ReviewShapes.Respond, log, cancellation)
            .ConfigureAwait(false);
        if (answer.Fields is null)
        {
            return (null, answer);
        }

        Draft draft = new(answer["respond"], []);
        bool reviewed = number < settings.Rounds || _reviewLast || settings.Mode == ReviewMode.Refine;
        if (!reviewed || settings.Reviewers.Count == 0)
        {
            return (draft, null);
        }

        (IReadOnlyList<AnswerReview> reviews, RoleReply? failed) = await ReviewAsync(
                seed,
                history,
                question,
                draft.Answer,
                place,
                log,
                cancellation
            )
            .ConfigureAwait(false);
        return failed is null ? (draft with { Reviews = reviews }, null) : (null, failed);
    }

    private static RoleReply Unaccepted(List<Round> history, int number) =>
        new(
            null,
            history.Count > 0 ? DialogueOutcome.Stopped : DialogueOutcome.Rejected,
            $"the answer of round {number} was not accepted"
        );

    /// <summary>All reviewers at once; none sees another's words, nor its own of earlier rounds.</summary>
    private async Task<(IReadOnlyList<AnswerReview> Reviews, RoleReply? Failed)> ReviewAsync(
        Seed seed,
        List<Round> history,
        string question,
        string answer,
        string place,
        List<TracedCall> log,
        CancellationToken cancellation
    )
    {
        List<TracedCall>[] logs = [.. settings.Reviewers.Select(_ => new List<TracedCall>())];
        RoleReply[] replies = await Task.WhenAll(
                settings.Reviewers.Select(
                    (reviewer, i) =>
                    {
                        CallKey key = new(seed.Index, $"{place}/reviewer{i + 1}");
                        ReplyShape shape = ReviewShapes.Criticize(reviewer, settings.Scores.Enabled);
                        return _roles.AskAsync(
                            $"reviewer{i + 1}",
                            reviewer,
                            key,
                            _prompts.Reviewer(reviewer, shape, history, question, answer, key),
                            shape,
                            logs[i],
                            cancellation,
                            fields => CheckScores(reviewer, fields)
                        );
                    }
                )
            )
            .ConfigureAwait(false);
        foreach (List<TracedCall> own in logs)
        {
            log.AddRange(own);
        }

        // An endpoint that failed may answer when the run resumes, so the round waits for it; a reviewer that refused
        // or could not be read never will, and the others go on without it.
        RoleReply? end =
            Array.Find(replies, reply => reply.Outcome == DialogueOutcome.Failed)
            ?? (Array.TrueForAll(replies, reply => reply.Fields is null) ? replies[0] : null);
        AnswerReview[] reviews = [.. replies.Select((reply, i) => ToReview(i, reply))];
        return (reviews, end);
    }

    private AnswerReview ToReview(int index, RoleReply reply) =>
        reply.Fields is null
            ? new AnswerReview(index + 1, null)
            : new AnswerReview(index + 1, reply["criticize"])
            {
                Verdict = reply.Fields.GetValueOrDefault("verdict"),
                Scores = reply.Fields.TryGetValue("scores", out string? scores)
                    ? ReviewShapes.ReadScores(scores, settings.Reviewers[index].Criteria)
                    : null,
            };

    private string? CheckScores(ReviewerSettings reviewer, IReadOnlyDictionary<string, string> fields) =>
        settings.Scores.Enabled && ReviewShapes.ReadScores(fields["scores"], reviewer.Criteria) is null
            ? "\"scores\" must give every criterion a number from 1 to 10."
            : null;

    private async Task<(Draft Draft, RoleReply? End)> DecideAsync(
        Seed seed,
        List<Round> history,
        string question,
        Draft draft,
        string place,
        List<TracedCall> log,
        CancellationToken cancellation
    )
    {
        if (draft.Score >= settings.Scores.AcceptAt)
        {
            return (draft with { Decision = "accept" }, null);
        }

        CallKey key = new(seed.Index, $"{place}/decide");
        RoleReply decided = await _roles
            .AskAsync(
                "chairman",
                settings.Chairman,
                key,
                _prompts.Decide(history, question, draft, key),
                ReviewShapes.Decide,
                log,
                cancellation,
                fields =>
                    fields["decide"] == "revise" && !fields.ContainsKey("instruct")
                        ? "\"instruct\" is missing: say what to change."
                        : null
            )
            .ConfigureAwait(false);
        return decided.Fields is null
            ? (draft, decided)
            : (
                draft with
                {
                    Decision = decided["decide"],
                    Instruction = decided.Fields.GetValueOrDefault("instruct"),
                },
                null
            );
    }

    private DialogueResult Judge(Seed seed, List<Round> rounds, List<TracedCall> log)
    {
        double[] scores = [.. rounds.Select(round => round.Drafts[^1].Score).OfType<double>()];
        return scores.Length > 0 && scores.Average() < settings.Scores.RejectBelow
            ? End(
                seed,
                rounds,
                DialogueOutcome.Rejected,
                $"scored below {settings.Scores.RejectBelow} on the whole",
                log
            )
            : End(seed, rounds, DialogueOutcome.Complete, null, log);
    }

    private static DialogueResult End(
        Seed seed,
        List<Round> rounds,
        DialogueOutcome outcome,
        string? reason,
        List<TracedCall> log
    ) => new(seed, outcome, reason, rounds, log);
}

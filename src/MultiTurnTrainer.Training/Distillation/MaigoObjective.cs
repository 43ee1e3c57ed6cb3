using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// MAIGO, Algorithm 1 (arXiv 2605.27186): <c>(1 − z)·(L_final + L_mid) + z·L_full</c> with z ~ Bernoulli(ρ). The current
/// student plays the sharded dialogue; a middle turn and the answer turn are compared with an averaged reference that
/// sees the user's turns only, or the FULL prompt is answered and compared with the reference on the same prompt.
/// </summary>
/// <param name="tasks">The tasks; each is a unit.</param>
/// <param name="rollouts">Samples the student's replies.</param>
/// <param name="pass">Compares and differentiates.</param>
/// <param name="reference">θ⁻.</param>
/// <param name="student">What is trained, and what samples.</param>
/// <param name="settings">β, ρ, α, ε.</param>
internal sealed class MaigoObjective(
    IReadOnlyList<RolloutTask> tasks,
    Rollouts rollouts,
    DistillationPass pass,
    EmaReference reference,
    LoraAdapter student,
    DistillationSettings settings
) : IObjective<DistillationBatch>
{
    private readonly Tally _tally = new();

    public IReadOnlyDictionary<string, double> Facts => _tally.Facts;

    public bool Samples => true;

    public void Merge(Ranks ranks) => _tally.Merge(ranks);

    public IEnumerable<(string Name, torch.Tensor Value)> Buffers =>
        [("ema_reference", reference.Adapter.Parameters.Flat)];

    public DistillationBatch Prepare(IReadOnlyList<int> units) =>
        new([.. units], [.. units.Select(unit => tasks[unit].Id)]);

    public void Updated()
    {
        reference.Follow();
        rollouts.MarkStale();
    }

    public MicroResult Accumulate(DistillationBatch batch, double normalizer, ulong seed)
    {
        // 1. Draw each task's branch: z = 1 answers the FULL prompt.
        SeededRandom random = new(unchecked((long)seed));
        List<RolloutTask> full = [];
        List<RolloutTask> sharded = [];
        foreach (int unit in batch.Units)
        {
            (random.NextDouble() < settings.Rho ? full : sharded).Add(tasks[unit]);
        }

        // 2. The student samples: L_full's answers; L_mid's and L_final's dialogues.
        DistillationTally tally = new();
        List<ScoredReply> terms =
        [
            .. SampleFullTerms(full, seed, tally),
            .. PlayShardedTerms(sharded, seed, random, tally),
        ];
        batch.CountTokens(terms);
        batch.Branch =
            full.Count == 0 ? "sharded"
            : sharded.Count == 0 ? "full"
            : "full+sharded";

        // 3. Compare with the reference, and differentiate.
        (long compared, long clipped) = (pass.Tokens, pass.ClippedTokens);
        double loss = pass.Run(terms, reference.Adapter, normalizer, seed, tally);
        _tally.Add("compared_tokens", pass.Tokens - compared);
        _tally.Add("clipped_tokens", pass.ClippedTokens - clipped);
        return new MicroResult(loss, 0, 0, rollouts.TakeEffort()) { Distillation = tally };
    }

    public void Dispose() => reference.Dispose();

    private IEnumerable<ScoredReply> SampleFullTerms(
        IReadOnlyList<RolloutTask> full,
        ulong seed,
        DistillationTally tally
    )
    {
        _tally.Add("full_branches", full.Count);
        int[][] prompts = [.. full.Select(task => task.FullContext())];
        IReadOnlyList<int[]> answers = rollouts.Answer(prompts, student, ~seed);
        for (int i = 0; i < full.Count; i++)
        {
            if (answers[i].Length == 0)
            {
                _tally.Add("skipped_over_length");
                continue;
            }

            (RolloutTask task, int[] answer) = (full[i], answers[i]);
            tally.Show(task.Id, ReplyTerm.Full, () => [new RolloutTurn(task.Question, task.Reply(answer))]);
            yield return new ScoredReply($"{task.Id}/full", prompts[i], prompts[i], answer, settings.BetaFull, 1)
            {
                Term = ReplyTerm.Full,
            };
        }
    }

    private IEnumerable<ScoredReply> PlayShardedTerms(
        IReadOnlyList<RolloutTask> sharded,
        ulong seed,
        SeededRandom random,
        DistillationTally tally
    )
    {
        List<ScoredReply> answers = [];
        List<MiddleReplies> middles = [];
        foreach (Trajectory trajectory in rollouts.Play(sharded, student, seed))
        {
            _tally.Add("trajectories");
            tally.Show(trajectory.Task.Id, ReplyTerm.Answer, () => trajectory.Shown);
            if (!trajectory.IsComplete)
            {
                _tally.Add("skipped_over_length");
                continue;
            }

            if (trajectory.Turns[^1] is { Reply.Length: > 0 } last)
            {
                answers.Add(CreateAnswer(trajectory.Task, last));
            }

            if (ChooseMiddles(trajectory, random) is { } chosen)
            {
                middles.Add(chosen);
            }
        }

        return [.. answers, .. WeighMiddles(middles)];
    }

    private ScoredReply CreateAnswer(RolloutTask task, RolledTurn last)
    {
        int[] context =
            settings.AnswerReference == AnswerReference.Full ? task.FullContext() : task.ReferenceContext(task.Turns);
        return new ScoredReply($"{task.Id}/answer", last.Context, context, last.Reply, settings.BetaFinal, 1)
        {
            Term = ReplyTerm.Answer,
        };
    }

    /// <summary>Middle replies of one dialogue: the last ones are trained on, those before are scored to weigh them.</summary>
    private readonly record struct MiddleReplies(ScoredReply[] Replies, int Trained);

    /// <summary>Those to train on, and those before them: to weigh one turn the δ of every earlier one is needed.</summary>
    private MiddleReplies? ChooseMiddles(Trajectory trajectory, SeededRandom random)
    {
        RolledTurn[] eligible = [.. trajectory.Turns.SkipLast(1).Where(turn => turn.IsEligible)];
        _tally.Add("empty_middle_replies", trajectory.Turns.Count - 1 - eligible.Length);
        if (settings.Alpha == 0 || eligible.Length == 0)
        {
            return null;
        }

        bool all = settings.MiddleTurns == MiddleTurns.All;
        int last = all ? eligible.Length - 1 : random.Below(eligible.Length);
        int trained = all ? eligible.Length : 1;
        int from = settings.MiddleWeight == MiddleWeight.Uniform ? last + 1 - trained : 0;
        RolloutTask task = trajectory.Task;
        ScoredReply[] replies =
        [
            .. eligible[from..(last + 1)]
                .Select(turn => new ScoredReply(
                    $"{task.Id}/turn {turn.Turn}",
                    turn.Context,
                    task.ReferenceContext(turn.Turn),
                    turn.Reply,
                    settings.BetaMiddle,
                    settings.Alpha / trained
                )),
        ];
        return new MiddleReplies(replies, trained);
    }

    /// <summary>The turns to train on, by their reliability (section 3.3).</summary>
    private IEnumerable<ScoredReply> WeighMiddles(List<MiddleReplies> middles)
    {
        bool uniform = settings.MiddleWeight == MiddleWeight.Uniform;
        ScoredReply[] weighed = uniform ? [] : [.. middles.SelectMany(middle => middle.Replies)];
        IReadOnlyList<double> deltas = pass.ComputeDeltas(weighed, reference.Adapter);
        int first = 0;
        foreach ((ScoredReply[] replies, int trained) in middles)
        {
            double[] own = uniform ? [] : [.. deltas.Skip(first).Take(replies.Length)];
            first += replies.Length;
            for (int turn = replies.Length - trained; turn < replies.Length; turn++)
            {
                double weight = 1;
                if (!uniform)
                {
                    weight = ReliabilityWeight.Compute(own[..(turn + 1)], settings.Epsilon);
                    _tally.Mean("delta", own[turn]);
                }

                _tally.Mean("middle_weight", weight);
                yield return replies[turn] with
                {
                    Coefficient = replies[turn].Coefficient * weight,
                };
            }
        }
    }
}

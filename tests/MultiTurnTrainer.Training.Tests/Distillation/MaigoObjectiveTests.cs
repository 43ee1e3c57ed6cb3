using MultiTurnTrainer.Context.Cleaning;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>Algorithm 1, with replies that a script gives: what is asked of whom, and what counts how much.</summary>
public sealed class MaigoObjectiveTests : IDisposable
{
    private static readonly DistillationSettings _settings = new()
    {
        Rho = 0,
        Clip = 100,
        MaxNewTokensMiddle = 3,
        MaxNewTokensAnswer = 5,
    };

    private readonly DistillationGolden _golden = new("llama");
    private readonly TempFolder _folder = new();
    private readonly ScriptedRollouts _script = new();

    public void Dispose()
    {
        _golden.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Accumulate_Sharded_AsksTheStudentTurnByTurnUnderItsOwnHistory()
    {
        Run(_settings, Task("ab", "cd", "ef"));
        int[] reply = [.. ScriptedRollouts.Reply(3)];
        RolloutTask task = Task("ab", "cd", "ef");
        string said = task.Reply(reply);
        Assert.Equal(
            [task.StudentContext([]), task.StudentContext([said]), task.StudentContext([said, said])],
            _script.Prompts
        );
        Assert.Equal([3, 3, 5], _script.Limits);
        // One adapter, the student's: the reference never generates.
        Assert.Single(_script.Used);
        Assert.NotNull(_script.Used[0]);
    }

    [Fact]
    public void Accumulate_FullBranch_AsksTheWholeTaskAndIsHeldToItself()
    {
        (double loss, _, IReadOnlyDictionary<string, double> facts) = Run(_settings with { Rho = 1 }, Task("ab", "cd"));
        Assert.Equal([Task("ab", "cd").FullContext()], _script.Prompts);
        Assert.Equal([5], _script.Limits);
        // The reference starts as a copy of the student: nothing to learn on the same prompt.
        Assert.Equal(0, loss, 6);
        Assert.Equal(1, facts["full_branches"]);
    }

    [Fact]
    public void Accumulate_TwoTurns_IsAnswerPlusHalfTheMiddle()
    {
        RolloutTask task = Task("ab", "cd");
        (double loss, int tokens, IReadOnlyDictionary<string, double> facts) = Run(_settings, task);
        int[] middle = ScriptedRollouts.Reply(3);
        int[] answer = ScriptedRollouts.Reply(5);
        ScoredReply ofMiddle = new("", task.StudentContext([]), task.ReferenceContext(1), middle, 0.5, 1);
        ScoredReply ofAnswer = new(
            "",
            task.StudentContext([task.Reply(middle)]),
            task.ReferenceContext(2),
            answer,
            1,
            1
        );
        // The first eligible turn's weight is one half, whatever its δ (methods 1.4).
        Assert.Equal(0.5, facts["mean_middle_weight"], 12);
        Assert.Equal(Alone(ofAnswer) + (0.5 * Alone(ofMiddle)), loss, 6);
        Assert.Equal(8, tokens);
    }

    [Fact]
    public void Accumulate_ManyTurns_TrainsOneMiddleTurnAndTheAnswer()
    {
        (_, int tokens, _) = Run(_settings, Task("ab", "cd", "ef", "gh", "ij"));
        Assert.Equal(3 + 5, tokens);
    }

    [Theory]
    [InlineData(MiddleWeight.Uniform)]
    [InlineData(MiddleWeight.Reliability)]
    public void Accumulate_AllMiddleTurns_IsTheAnswerPlusTheirMean(MiddleWeight weighting)
    {
        RolloutTask task = Task("ab", "cd", "ef", "gh");
        string said = task.Reply(ScriptedRollouts.Reply(3));
        ScoredReply[] middles =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(turn => new ScoredReply(
                    "",
                    task.StudentContext([.. Enumerable.Repeat(said, turn)]),
                    task.ReferenceContext(turn + 1),
                    ScriptedRollouts.Reply(3),
                    0.5,
                    1
                )),
        ];
        int[] last = task.StudentContext([said, said, said]);
        double expected = Alone(new("", last, task.ReferenceContext(4), ScriptedRollouts.Reply(5), 1, 1));
        DistillationPass pass = new(_golden.Model, _golden.Adapter, 100, Recompute.Off);
        double[] deltas = [.. pass.ComputeDeltas(middles, _golden.Adapter)];
        for (int turn = 0; turn < 3; turn++)
        {
            double weight =
                weighting == MiddleWeight.Uniform ? 1 : ReliabilityWeight.Compute(deltas[..(turn + 1)], 1e-6);
            expected += weight * Alone(middles[turn]) / 3;
        }

        DistillationSettings settings = _settings with { MiddleTurns = MiddleTurns.All, MiddleWeight = weighting };
        (double loss, int tokens, _) = Run(settings, task);
        Assert.Equal(expected, loss, 6);
        Assert.Equal((3 * 3) + 5, tokens);
    }

    [Fact]
    public void Accumulate_EmptyMiddleReplies_LeaveTheAnswerAlone()
    {
        _script.EmptyMiddle = true;
        (_, int tokens, IReadOnlyDictionary<string, double> facts) = Run(_settings, Task("ab", "cd", "ef"));
        Assert.Equal(5, tokens);
        Assert.Equal(2, facts["empty_middle_replies"]);
        Assert.False(facts.ContainsKey("mean_middle_weight"));
    }

    [Fact]
    public void Accumulate_Ablations_DoWhatTheySay()
    {
        RolloutTask task = Task("ab", "cd");
        ScoredReply middle = new(
            "",
            task.StudentContext([]),
            task.ReferenceContext(1),
            ScriptedRollouts.Reply(3),
            0.5,
            1
        );
        int[] last = task.StudentContext([task.Reply(middle.Reply)]);
        double cleaned = Alone(new("", last, task.ReferenceContext(2), ScriptedRollouts.Reply(5), 1, 1));
        double full = Alone(new("", last, task.FullContext(), ScriptedRollouts.Reply(5), 1, 1));
        Assert.Equal(cleaned, Run(_settings with { Alpha = 0 }, task).Loss, 6);
        Assert.Equal(
            cleaned + Alone(middle),
            Run(_settings with { MiddleWeight = MiddleWeight.Uniform }, task).Loss,
            6
        );
        Assert.Equal(full, Run(_settings with { Alpha = 0, AnswerReference = AnswerReference.Full }, task).Loss, 6);
    }

    [Fact]
    public void Accumulate_ContextOverTheLimit_IsCountedAndTheOthersGoOn()
    {
        (_, int tokens, IReadOnlyDictionary<string, double> facts) = Run(
            _settings,
            Task("ab", new string('x', 300)),
            Task("ab", "cd")
        );
        Assert.Equal(8, tokens);
        Assert.Equal(1, facts["skipped_over_length"]);
    }

    private double Alone(ScoredReply reply)
    {
        DistillationPass pass = new(_golden.Model, _golden.Adapter, 100, Recompute.Off);
        return pass.Run([reply], _golden.Adapter, 1, 1);
    }

    private (double Loss, int Tokens, IReadOnlyDictionary<string, double> Facts) Run(
        DistillationSettings settings,
        params RolloutTask[] tasks
    )
    {
        DistillationData data = new()
        {
            Tasks = tasks,
            StopTokens = [2],
            Settings = settings,
            Server = _script,
        };
        using MaigoObjective objective = new(
            tasks,
            new Rollouts(_golden.Model, data, 200, _folder.Path),
            new DistillationPass(_golden.Model, _golden.Adapter, settings.Clip, Recompute.Off),
            new EmaReference(_golden.Model, _golden.Adapter, 0.99),
            _golden.Adapter,
            settings
        );
        DistillationBatch batch = objective.Prepare([.. Enumerable.Range(0, tasks.Length)]);
        double loss = objective.Accumulate(batch, tasks.Length, 7).LossSum;
        return (loss, batch.SupervisedTokens, objective.Facts);
    }

    private static RolloutTask Task(params string[] shards) =>
        new(
            new ShardedTask
            {
                Id = "task",
                Family = "exact",
                Question = "all of it",
                Shards = shards,
            },
            new ByteEncoder(),
            ConsecutiveUsers.Keep
        );

    /// <summary>Says the same whatever it is asked, as long as it may.</summary>
    private sealed class ScriptedRollouts : IRolloutServer
    {
        public List<int[]> Prompts { get; } = [];

        public List<int> Limits { get; } = [];

        public List<string?> Used { get; } = [];

        public bool EmptyMiddle { get; set; }

        public static int[] Reply(int length) => [.. Enumerable.Range(20, length - 1), 2];

        public void Use(string? folder) => Used.Add(folder);

        public IReadOnlyList<int[]> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options)
        {
            Prompts.AddRange(prompts);
            Limits.AddRange(prompts.Select(_ => options.MaxNewTokens));
            bool empty = EmptyMiddle && options.MaxNewTokens == _settings.MaxNewTokensMiddle;
            return [.. prompts.Select(_ => empty ? [2] : Reply(options.MaxNewTokens))];
        }

        public void Dispose() { }
    }
}

using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// CCOPD (arXiv 2605.30251): the middle replies are the base model's, generated once; the student answers the last turn
/// and is drawn, by KL(student ‖ reference), to the frozen base that sees the whole task in one prompt.
/// </summary>
/// <param name="tasks">The tasks; each is a unit.</param>
/// <param name="histories">The base model's replies before the answer turn, beside each task; null where they did not fit.</param>
/// <param name="rollouts">Samples the answers.</param>
/// <param name="pass">Compares and differentiates.</param>
/// <param name="student">What is trained.</param>
/// <param name="settings">β of the answer.</param>
internal sealed class CcopdObjective(
    IReadOnlyList<RolloutTask> tasks,
    IReadOnlyList<IReadOnlyList<string>?> histories,
    Rollouts rollouts,
    DistillationPass pass,
    LoraAdapter student,
    DistillationSettings settings
) : IObjective<DistillationBatch>
{
    private readonly Tally _tally = new();

    public IReadOnlyDictionary<string, double> Facts => _tally.Facts;

    public bool Samples => true;

    public void Merge(Ranks ranks) => _tally.Merge(ranks);

    public DistillationBatch Prepare(IReadOnlyList<int> units) =>
        new([.. units], [.. units.Select(unit => tasks[unit].Id)]);

    public void Updated() => rollouts.MarkStale();

    public MicroResult Accumulate(DistillationBatch batch, double normalizer, ulong seed)
    {
        int[] complete = [.. batch.Units.Where(unit => histories[unit] is not null)];
        _tally.Add("skipped_over_length", batch.Units.Count - complete.Length);
        int[][] contexts = [.. complete.Select(unit => tasks[unit].StudentContext(histories[unit]!))];
        IReadOnlyList<int[]> answers = rollouts.Answer(contexts, student, seed);
        List<ScoredReply> terms = [];
        DistillationTally tally = new();
        for (int i = 0; i < complete.Length; i++)
        {
            RolloutTask task = tasks[complete[i]];
            if (answers[i].Length == 0)
            {
                _tally.Add("skipped_over_length");
                continue;
            }

            _tally.Add("answers");
            (IReadOnlyList<string> history, int[] answer) = (histories[complete[i]]!, answers[i]);
            tally.Show(
                task.Id,
                ReplyTerm.Answer,
                () => task.Shards.Zip(history.Append(task.Reply(answer)), (user, reply) => new RolloutTurn(user, reply))
            );
            terms.Add(
                new ScoredReply(task.Id, contexts[i], task.FullContext(), answer, settings.BetaFinal, 1)
                {
                    Term = ReplyTerm.Answer,
                }
            );
        }

        batch.CountTokens(terms);
        double loss = pass.Run(terms, reference: null, normalizer, seed, tally);
        return new MicroResult(loss, 0, 0, rollouts.TakeEffort()) { Distillation = tally };
    }
}

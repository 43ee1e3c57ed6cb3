using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// History-cleaned distillation on logged replies. The replies are somebody else's, not the student's: this is off-policy
/// cleaning, not MAIGO. Middle turns and answers use MAIGO's β; the reference is the averaged student.
/// </summary>
/// <param name="rows">Logged turns under both contexts; each is a unit.</param>
/// <param name="pass">Compares and differentiates.</param>
/// <param name="reference">θ⁻.</param>
/// <param name="settings">β and α.</param>
internal sealed class OfflineObjective(
    IReadOnlyList<CleanedTurn> rows,
    DistillationPass pass,
    EmaReference reference,
    DistillationSettings settings
) : IObjective<DistillationBatch>
{
    public IEnumerable<(string Name, torch.Tensor Value)> Buffers =>
        [("ema_reference", reference.Adapter.Parameters.Flat)];

    public DistillationBatch Prepare(IReadOnlyList<int> units) =>
        new([.. units], [.. units.Select(unit => rows[unit].Id)]);

    public void Updated() => reference.Follow();

    public MicroResult Accumulate(DistillationBatch batch, double normalizer, ulong seed)
    {
        ScoredReply[] terms =
        [
            .. batch
                .Units.Select(unit => rows[unit])
                .Select(row => new ScoredReply(
                    row.Id,
                    row.StudentContext,
                    row.ReferenceContext,
                    row.Reply,
                    row.IsAnswer ? settings.BetaFinal : settings.BetaMiddle,
                    row.Weight * (row.IsAnswer ? 1 : settings.Alpha)
                )
                {
                    Term = row.IsAnswer ? ReplyTerm.Answer : ReplyTerm.Middle,
                }),
        ];
        batch.CountTokens(terms);
        DistillationTally tally = new();
        return new MicroResult(pass.Run(terms, reference.Adapter, normalizer, seed, tally), 0, 0)
        {
            Distillation = tally,
        };
    }

    public void Dispose() => reference.Dispose();
}

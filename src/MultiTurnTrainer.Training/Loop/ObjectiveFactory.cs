using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Makes the distilling objectives from a request.</summary>
internal static class ObjectiveFactory
{
    /// <summary>Makes an objective that compares a student with a reference.</summary>
    /// <param name="request">Names the objective and its data.</param>
    /// <param name="model">The base.</param>
    /// <param name="student">What is trained.</param>
    /// <param name="recompute">Which blocks run twice.</param>
    /// <param name="output">Where the base model's histories are kept.</param>
    /// <exception cref="MttException">There is no data.</exception>
    public static IObjective<DistillationBatch> CreateDistilling(
        TrainRequest request,
        CausalLM model,
        LoraAdapter student,
        Recompute recompute,
        OutputFolder output
    )
    {
        DistillationData data =
            request.Distillation
            ?? throw new MttException(
                $"objective {request.Objective.GetName()} has no tasks",
                "Give sharded tasks with --train."
            );
        DistillationSettings settings = data.Settings;
        int maxLength = request.Train.MaxLength ?? model.Config.MaxPositions;
        Rollouts rollouts = new(model, data, maxLength, output["rollout-adapter"]);
        // The cap on a token's divergence is MAIGO's; CCOPD has none.
        double clip = request.Objective == Objective.Ccopd ? double.PositiveInfinity : settings.Clip;
        DistillationPass pass = new(model, student, clip, recompute);
        return request.Objective switch
        {
            Objective.Maigo => new MaigoObjective(
                data.Tasks,
                rollouts,
                pass,
                new EmaReference(model, student, settings.EmaDecay),
                student,
                settings
            ),
            Objective.Ccopd => new CcopdObjective(
                data.Tasks,
                BaseHistories.LoadOrPlay(
                    output["histories.jsonl"],
                    data.Tasks,
                    rollouts,
                    settings.RolloutBatchSize,
                    unchecked((ulong)request.Train.Seed)
                ),
                rollouts,
                pass,
                student,
                settings
            ),
            _ => new OfflineObjective(data.Turns, pass, new EmaReference(model, student, settings.EmaDecay), settings),
        };
    }
}

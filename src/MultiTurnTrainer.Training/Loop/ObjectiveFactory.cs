using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Preferences;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Makes the objectives that have data of their own.</summary>
internal static class ObjectiveFactory
{
    /// <summary>Makes an objective that compares a student with a reference.</summary>
    /// <param name="run">The run.</param>
    /// <param name="student">What is trained.</param>
    /// <exception cref="MttException">There is no data.</exception>
    public static IObjective<DistillationBatch> CreateDistilling(LoadedRun run, LoraAdapter student)
    {
        (TrainRequest request, CausalLM model, OutputFolder output) = (run.Request, run.Model, run.Output);
        DistillationData data =
            request.Distillation
            ?? throw new MttException(
                $"objective {request.Objective.GetName()} has no tasks",
                "Give sharded tasks with --train."
            );
        if (data.Server is not null && run.Ranks.World > 1)
        {
            throw new MttException(
                "several processes sample their own rollouts, and a server is named (rollouts.endpoint)",
                "Leave the server out, or train in one process."
            );
        }

        DistillationSettings settings = data.Settings;
        int maxLength = request.Train.MaxLength ?? model.Config.MaxPositions;
        Rollouts rollouts = new(model, data, maxLength, output["rollout-adapter"]);
        // The cap on a token's divergence is MAIGO's; CCOPD has none.
        double clip = request.Objective == Objective.Ccopd ? double.PositiveInfinity : settings.Clip;
        DistillationPass pass = new(model, student, clip, run.Recompute);
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
                run.Ranks.First(() =>
                    BaseHistories.LoadOrPlay(
                        output["histories.jsonl"],
                        data.Tasks,
                        rollouts,
                        settings.RolloutBatchSize,
                        unchecked((ulong)request.Train.Seed)
                    )
                ),
                rollouts,
                pass,
                student,
                settings
            ),
            _ => new OfflineObjective(data.Turns, pass, new EmaReference(model, student, settings.EmaDecay), settings),
        };
    }

    /// <summary>Makes dpo, simpo or orpo.</summary>
    /// <exception cref="MttException">Settings that contradict the objective, or a file of reference log-probabilities for another run.</exception>
    public static IObjective<PairBatch> CreatePairs(LoadedRun run)
    {
        PreferenceParts parts = CreateParts(run);
        return new PairObjective(
            parts.Data,
            run.Data.Packing?.Packs,
            parts.Loss,
            parts.Pass,
            parts.Reference,
            parts.Data.Settings
        );
    }

    /// <summary>Makes kto.</summary>
    /// <exception cref="MttException">As <see cref="CreatePairs"/>.</exception>
    public static IObjective<LabelledBatch> CreateKto(LoadedRun run)
    {
        PreferenceParts parts = CreateParts(run);
        return new KtoObjective(parts.Data, parts.Loss, parts.Pass, parts.Reference, parts.Data.Settings);
    }

    private static PreferenceParts CreateParts(LoadedRun run)
    {
        TrainRequest request = run.Request;
        PreferenceData data =
            request.Preferences
            ?? throw new MttException(
                $"objective {request.Objective.GetName()} has no pairs",
                "Give rows with a chosen and a rejected side with --train."
            );
        PreferenceChecks.Require(request, data, run.Adapter);
        PreferencePass pass = new(run.Model, run.Adapter, request.Train, run.Recompute);
        bool compares = request.Objective is Objective.Dpo or Objective.Kto;
        ReferenceScores reference = compares
            ? run.Ranks.First(() =>
                ReferenceScores.Create(
                    data.Settings,
                    pass,
                    data.Rows,
                    request.Train.PerDeviceTrainBatchSize,
                    new ReferenceIdentity(
                        run.Fingerprint.Parts["model"],
                        TrainingData.Hash(data.Rows),
                        run.Place.TypeText
                    )
                )
            )
            : ReferenceScores.None;
        return new PreferenceParts(data, new PairLoss(request.Objective, data.Settings), pass, reference);
    }

    private sealed record PreferenceParts(
        PreferenceData Data,
        PairLoss Loss,
        PreferencePass Pass,
        ReferenceScores Reference
    );
}

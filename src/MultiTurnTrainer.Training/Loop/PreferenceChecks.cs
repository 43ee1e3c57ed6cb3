using MultiTurnTrainer.Training.Preferences;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Settings that a preference objective cannot be trained with.</summary>
internal static class PreferenceChecks
{
    /// <summary>Refuses them.</summary>
    /// <exception cref="MttException">The message names the setting.</exception>
    public static void Require(TrainRequest request, PreferenceData data, Adapter adapter)
    {
        (TrainSettings train, PreferenceSettings settings) = (request.Train, data.Settings);
        string name = request.Objective.GetName();
        if (data.Units == 0)
        {
            throw new MttException($"objective {name}: no pair is left", "Look at what was left out, and why.");
        }

        RequireMeaning(request.Objective, settings);
        if (adapter is LoraAdapter { Config.Dropout: > 0 } lora)
        {
            throw new MttException(
                $"objective {name}: the adapter's dropout is {lora.Config.Dropout}: policy and reference would differ by chance",
                "Set lora.lora_dropout to 0."
            );
        }

        if (train.LabelSmoothingFactor > 0 || train.ZLoss > 0)
        {
            throw new MttException(
                $"objective {name}: train.label_smoothing_factor and train.z_loss are of tokens, and sides are compared here",
                "Leave them at 0; preference.label_smoothing is the share of pairs that may be swapped."
            );
        }

        bool needsBase =
            request.Objective is Objective.Dpo or Objective.Kto && settings.Reference == PreferenceReference.Base;
        if (needsBase && train.FinetuningType == FinetuningType.Full)
        {
            throw new MttException(
                $"objective {name}: the reference is the model with the adapter off, and finetuning_type is full",
                "Train an adapter, or take simpo or orpo, or set preference.reference to none."
            );
        }

        if (request.Objective == Objective.Kto && train.Packing)
        {
            throw new MttException(
                "objective kto: train.packing has no meaning for labelled rows",
                "Leave train.packing off: rows of a micro-batch are laid end to end without padding anyway."
            );
        }

        if (request.Objective == Objective.Kto && settings.KtoLoss == RowLossKind.Kto && RowsOfAStep(train) < 2)
        {
            throw new MttException(
                "objective kto: the estimate of the divergence needs at least two rows a step",
                "Raise train.per_device_train_batch_size or train.gradient_accumulation_steps, or set preference.kto_loss to apo_zero_unpaired."
            );
        }
    }

    /// <summary>Refuses what was set and would change nothing: whoever set it believes that it does.</summary>
    private static void RequireMeaning(Objective objective, PreferenceSettings settings)
    {
        PreferenceSettings usual = new();
        (bool isDpo, bool isKto, bool isSimpo) = (
            objective == Objective.Dpo,
            objective == Objective.Kto,
            objective == Objective.Simpo
        );
        bool smooths =
            isSimpo
            || (isDpo && settings.Loss is PairLossKind.Sigmoid or PairLossKind.Robust or PairLossKind.SigmoidNorm);
        bool compares = (isDpo || isKto) && settings.Reference == PreferenceReference.Base;
        (string Name, bool IsSet, bool Counts)[] choices =
        [
            ("loss", settings.Loss != usual.Loss, isDpo),
            ("kto_loss", settings.KtoLoss != usual.KtoLoss, isKto),
            ("label_smoothing", settings.LabelSmoothing != usual.LabelSmoothing, smooths),
            ("margin", settings.Margin != usual.Margin, isSimpo),
            (
                "turn_discount",
                settings.TurnDiscount != usual.TurnDiscount,
                settings.TurnWeighting == TurnWeighting.Discount
            ),
            ("desirable_weight", settings.DesirableWeight != usual.DesirableWeight, isKto),
            ("undesirable_weight", settings.UndesirableWeight != usual.UndesirableWeight, isKto),
            ("reference", settings.Reference != usual.Reference, isDpo || isKto),
            ("reference_file", settings.ReferenceFile is not null, compares),
        ];
        if (Array.Find(choices, choice => choice.IsSet && !choice.Counts).Name is { } idle)
        {
            string loss = isDpo ? $" with loss {Naming.SnakeCase(settings.Loss.ToString())}" : "";
            throw new MttException(
                $"objective {objective.GetName()}{loss}: preference.{idle} changes nothing",
                "Leave it out; mtt docs preferences says what reads it."
            );
        }
    }

    private static int RowsOfAStep(TrainSettings train) =>
        train.PerDeviceTrainBatchSize * train.GradientAccumulationSteps;
}

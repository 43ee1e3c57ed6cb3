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

    private static int RowsOfAStep(TrainSettings train) =>
        train.PerDeviceTrainBatchSize * train.GradientAccumulationSteps;
}

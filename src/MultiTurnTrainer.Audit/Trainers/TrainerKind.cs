namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>The trainers whose rules are written down here.</summary>
public enum TrainerKind
{
    /// <summary>TRL's <c>SFTTrainer</c>.</summary>
    Trl,

    /// <summary>LLaMA-Factory.</summary>
    LlamaFactory,

    /// <summary>ms-swift.</summary>
    Swift,

    /// <summary>Axolotl.</summary>
    Axolotl,

    /// <summary>Unsloth's <c>train_on_responses_only</c>.</summary>
    Unsloth,
}

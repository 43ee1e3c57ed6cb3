namespace MultiTurnTrainer.Training.Settings;

/// <summary>What is trained.</summary>
public enum FinetuningType
{
    /// <summary>Low-rank adapters (and <c>modules_to_save</c>) over frozen weights.</summary>
    Lora,

    /// <summary>Every weight of the model.</summary>
    Full,
}

/// <summary>
/// The curve of the learning rate after a linear warm-up, HuggingFace's names. With n steps done of N, w of them
/// warm-up, progress is (n − w)/(N − w): the first step already learns, the last one is at the floor.
/// </summary>
public enum LrSchedulerType
{
    /// <summary>A straight line down to <c>min_lr_ratio</c>.</summary>
    Linear,

    /// <summary>Half a cosine down to <c>min_lr_ratio</c>.</summary>
    Cosine,

    /// <summary>The same as <see cref="Cosine"/>, for files written for transformers.</summary>
    CosineWithMinLr,

    /// <summary>No change, and no warm-up.</summary>
    Constant,

    /// <summary>No change after the warm-up.</summary>
    ConstantWithWarmup,

    /// <summary>One over the square root of the step.</summary>
    InverseSqrt,

    /// <summary>Constant for the first 80 % of what follows the warm-up, then a straight line down.</summary>
    WarmupStableDecay,
}

/// <summary>The compute type.</summary>
public enum TrainingDtype
{
    /// <summary>bfloat16 on CUDA, float32 on a CPU.</summary>
    Auto,

    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>16 bits with float32's exponent.</summary>
    Bfloat16,
}

/// <summary>What the base's linear modules are held as.</summary>
public enum Quantization
{
    /// <summary>As the model's folder has them.</summary>
    None,

    /// <summary>4-bit codes of the normal distribution's quantiles (QLoRA), made while the base is loaded.</summary>
    Nf4,

    /// <summary>bitsandbytes' 4-bit floats, made while the base is loaded.</summary>
    Fp4,
}

/// <summary>What of the forward pass is computed again in backward.</summary>
public enum Recompute
{
    /// <summary>The least that fits into memory by the estimate.</summary>
    Auto,

    /// <summary>Nothing: fastest, most memory.</summary>
    Off,

    /// <summary>Every second block.</summary>
    Selective,

    /// <summary>Every block: only the blocks' inputs are kept.</summary>
    Full,
}

/// <summary>The divisor of a step's summed token losses.</summary>
public enum LossNormalization
{
    /// <summary>The sum of the loss weights, which is the count of labels where every weight is 1.</summary>
    Weights,

    /// <summary>The count of labels, also of those with weight 0.</summary>
    Tokens,
}

/// <summary>What a spike of the loss leads to.</summary>
public enum SpikeAction
{
    /// <summary>A warning, and a mark in metrics and report.</summary>
    Warn,

    /// <summary>The run stops before the update.</summary>
    Stop,

    /// <summary>A warning, and the step's update is left out.</summary>
    Skip,
}

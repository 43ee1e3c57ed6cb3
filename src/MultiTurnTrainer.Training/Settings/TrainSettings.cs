// Folder Settings: the settings of a run, their bounds and their defaults.
// Refuses to know: files, flags, how they are read.

namespace MultiTurnTrainer.Training.Settings;

/// <summary>
/// How to train: the <c>train:</c> section of <c>mtt.yaml</c>. Property names in snake_case are HuggingFace's
/// TrainingArguments (and TRL's, for <c>packing</c> and <c>max_length</c>) wherever those have the setting.
/// </summary>
public sealed record TrainSettings
{
    /// <summary>What the model is trained on.</summary>
    public Objective Objective { get; init; } = Objective.Sft;

    /// <summary>What is trained: adapter matrices or every weight.</summary>
    public FinetuningType FinetuningType { get; init; } = FinetuningType.Lora;

    /// <summary>The highest learning rate, reached at the end of the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>The curve of the learning rate after the warm-up.</summary>
    public LrSchedulerType LrSchedulerType { get; init; } = LrSchedulerType.Cosine;

    /// <summary>Steps of linear warm-up; null takes <see cref="WarmupRatio"/>.</summary>
    [Range(0, int.MaxValue)]
    public int? WarmupSteps { get; init; }

    /// <summary>Share of all steps that warm up, rounded up, where <see cref="WarmupSteps"/> is not given.</summary>
    [Range(0.0, 1.0)]
    public double WarmupRatio { get; init; } = 0.03;

    /// <summary>The last learning rate as a share of the highest.</summary>
    [Range(0.0, 1.0)]
    public double MinLrRatio { get; init; }

    /// <summary>AdamW's decoupled weight decay, on every trained tensor.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; }

    /// <summary>The L2 norm above which the whole gradient is scaled down; 0 turns clipping off.</summary>
    [Range(0.0, double.MaxValue)]
    public double MaxGradNorm { get; init; } = 1.0;

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 1.0)]
    public double AdamBeta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 1.0)]
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    [Range(0.0, 1.0)]
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Rows (or packs) that go through the model together.</summary>
    [Range(1, 65536)]
    public int PerDeviceTrainBatchSize { get; init; } = 4;

    /// <summary>Micro-batches per optimizer step, of all processes together.</summary>
    [Range(1, 65536)]
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Rows that go through the model together in an evaluation.</summary>
    [Range(1, 65536)]
    public int PerDeviceEvalBatchSize { get; init; } = 4;

    /// <summary>Passes over the data, fractions allowed; <see cref="MaxSteps"/> wins.</summary>
    [Range(0.0, 100000.0)]
    public double NumTrainEpochs { get; init; } = 3;

    /// <summary>Optimizer steps in all; null or -1 leaves it to <see cref="NumTrainEpochs"/>.</summary>
    [Range(-1, int.MaxValue)]
    public int? MaxSteps { get; init; }

    /// <summary>Seeds the order of rows, the packing, the adapter's first weights and dropout.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; } = 42;

    /// <summary>Whether each epoch has its own order; off keeps the file's.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The compute type; adapter weights, their gradients and AdamW's state are always float32.</summary>
    public TrainingDtype Dtype { get; init; } = TrainingDtype.Auto;

    /// <summary>How the base's linear modules are quantised while they are loaded; a base that is stored quantised stays as it is.</summary>
    public Quantization Quantization { get; init; } = Quantization.None;

    /// <summary>Whether the scales of <see cref="Quantization"/> become 8-bit codes too.</summary>
    public bool DoubleQuantization { get; init; } = true;

    /// <summary>Where to compute: auto takes CUDA where there is a device; else cpu, cuda, or cuda:N for the device of a number.</summary>
    [RegularExpression(ComputeDevice.Names, ErrorMessage = "One of auto, cpu, cuda, cuda:N.")]
    public string Device { get; init; } = "auto";

    /// <summary>Threads of one operator; null takes the machine's cores, which several processes share.</summary>
    [Range(1, 1024)]
    public int? Threads { get; init; }

    /// <summary>
    /// Seconds of silence after which one of several processes counts as lost, and all end; twice that they wait for each other when they
    /// start.
    /// </summary>
    [Range(2, 86400)]
    public int DdpTimeout { get; init; } = 30;

    /// <summary>Whether whole conversations are laid together into packs of at most <see cref="MaxLength"/> tokens.</summary>
    public bool Packing { get; init; }

    /// <summary>The longest row (and the size of a pack) in tokens; null takes the longest row's.</summary>
    [Range(2, int.MaxValue)]
    public int? MaxLength { get; init; }

    /// <summary>What of the forward pass is computed again in backward.</summary>
    public Recompute Recompute { get; init; } = Recompute.Auto;

    /// <summary>What the sum of weighted token losses is divided by.</summary>
    public LossNormalization LossNormalization { get; init; } = LossNormalization.Weights;

    /// <summary>Share of the target's probability spread over the vocabulary.</summary>
    [Range(0.0, 1.0)]
    public double LabelSmoothingFactor { get; init; }

    /// <summary>Factor of the squared log-sum-exp added to each token's loss.</summary>
    [Range(0.0, 1.0)]
    public double ZLoss { get; init; }

    /// <summary>Steps between checkpoints; 0 saves only at a stop.</summary>
    [Range(0, int.MaxValue)]
    public int SaveSteps { get; init; } = 50;

    /// <summary>How many of the latest checkpoints stay; the best one by evaluation stays besides.</summary>
    [Range(1, 10000)]
    public int SaveTotalLimit { get; init; } = 2;

    /// <summary>Steps between evaluations where there is an evaluation set; null evaluates once per epoch.</summary>
    [Range(1, int.MaxValue)]
    public int? EvalSteps { get; init; }

    /// <summary>Whether the final adapter is the one with the lowest evaluation loss.</summary>
    public bool LoadBestModelAtEnd { get; init; }

    /// <summary>Evaluations without improvement after which training stops; null never stops.</summary>
    [Range(1, int.MaxValue)]
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>What counts as an improvement of the evaluation loss.</summary>
    [Range(0.0, 100.0)]
    public double EarlyStoppingThreshold { get; init; }

    /// <summary>
    /// How many prompts, of the evaluation rows, else of what is trained on, are answered before the first step and after the last, for
    /// the report; 0 answers none. The training is the same bit for bit.
    /// </summary>
    [Range(0, 100)]
    public int ReportSamples { get; init; } = 3;

    /// <summary>The most tokens of such an answer.</summary>
    [Range(1, 65536)]
    public int ReportSampleTokens { get; init; } = 64;

    /// <summary>
    /// A spike: three steps in a row whose loss lies above the median of the steps before by this many standard deviations of such
    /// rises, and at more than twice that median; 0 finds none.
    /// </summary>
    [Range(0.0, 1e6)]
    public double SpikeThreshold { get; init; } = 12;

    /// <summary>What a spike leads to; NaN and infinity stop whatever is set here.</summary>
    public SpikeAction SpikeAction { get; init; } = SpikeAction.Warn;

    /// <summary>What <see cref="Quantization"/> asks for; null for nothing.</summary>
    internal FourBitOptions? FourBit =>
        Quantization == Quantization.None
            ? null
            : new(Quantization == Quantization.Nf4 ? FourBitType.Nf4 : FourBitType.Fp4, DoubleQuantization);
}

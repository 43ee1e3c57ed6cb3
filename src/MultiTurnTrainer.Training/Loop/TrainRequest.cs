using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Preferences;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>Everything a run needs to know.</summary>
public sealed record TrainRequest
{
    /// <summary>The HuggingFace model folder.</summary>
    public required string Model { get; init; }

    /// <summary>The model's name on the hub, for the adapter's configuration; null takes it from the folder where that knows it.</summary>
    public string? BaseId { get; init; }

    /// <summary>What is trained on, one file after the other.</summary>
    public required IReadOnlyList<string> TrainFiles { get; init; }

    /// <summary>What is evaluated on; null for nothing.</summary>
    public string? EvalFile { get; init; }

    /// <summary>What the files were before anything was read of them; null takes it when the run begins.</summary>
    public Manifest? Record { get; init; }

    /// <summary>Scores tasks at every evaluation, and decides which checkpoint is the best; null for none.</summary>
    public ITaskScorer? Tasks { get; init; }

    /// <summary>Makes the rows of a file: token rows are read, and a caller that knows conversations can mask those on the way.</summary>
    public Func<string, IEnumerable<TokenRow>> ReadRows { get; init; } = path => TokenRowReader.Read(path);

    /// <summary>Grows by what masking counted, where <see cref="ReadRows"/> masks conversations.</summary>
    public RowCounts Masked { get; } = new();

    /// <summary>How conversations are rendered and become rows.</summary>
    public RowOptions Rows { get; init; } = new();

    /// <summary>Which of several processes this one is; null where it is alone.</summary>
    public LaunchPlace? Place { get; init; }

    /// <summary>The output folder.</summary>
    public required string Output { get; init; }

    /// <summary>A PEFT adapter whose weights and configuration training starts from; null for a new adapter.</summary>
    public string? InitAdapter { get; init; }

    /// <summary>Null for a new run, <c>auto</c> for the latest checkpoint of <see cref="Output"/>, or a checkpoint's folder.</summary>
    public string? Resume { get; init; }

    /// <summary>Whether an earlier run in <see cref="Output"/> may be replaced.</summary>
    public bool Force { get; init; }

    /// <summary>What is optimised.</summary>
    public Objective Objective { get; init; } = Objective.Sft;

    /// <summary>What the distilling objectives learn from; null for supervised fine-tuning.</summary>
    public DistillationData? Distillation { get; init; }

    /// <summary>Pairs or labelled rows of the preference objectives; null for the others.</summary>
    public PreferenceData? Preferences { get; init; }

    /// <summary>How to train.</summary>
    public TrainSettings Train { get; init; } = new();

    /// <summary>The adapter.</summary>
    public LoraSettings Lora { get; init; } = new();

    /// <summary>The same with its files' hashes, for a caller that reads of them itself: one that is written to until the run has read them is refused.</summary>
    public TrainRequest Recorded() => this with { Record = RunRecords.Begin(this) };
}

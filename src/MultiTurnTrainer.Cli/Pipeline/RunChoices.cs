namespace MultiTurnTrainer.Cli.Pipeline;

/// <summary>What <c>mtt.yaml</c> says of a run, section by section.</summary>
internal sealed record RunChoices
{
    public required ModelSettings Model { get; init; }

    public required DataSettings Data { get; init; }

    public required MaskSettings Mask { get; init; }

    public required OutputSettings Output { get; init; }

    public required RowOptions Rows { get; init; }

    public required ContextPolicy? Context { get; init; }

    public required TrainSettings Train { get; init; }

    public required LoraSettings Lora { get; init; }

    public required DistillationSettings Distill { get; init; }

    public required PreferenceSettings Preference { get; init; }

    public required CompletionSettings Rollouts { get; init; }

    public required EvaluateSettings Evaluate { get; init; }

    /// <summary>The model's folder on this machine.</summary>
    public required string ModelFolder { get; init; }

    /// <summary>That of the adapter that training starts from; null for a new one.</summary>
    public required string? InitAdapterFolder { get; init; }

    /// <summary>The files behind <c>data.train</c>.</summary>
    public required IReadOnlyList<string> TrainFiles { get; init; }

    /// <summary>The files behind <c>data.eval</c>.</summary>
    public required IReadOnlyList<string> EvalFiles { get; init; }

    /// <summary>The file behind <c>evaluate.tasks</c>; null for none.</summary>
    public required string? TaskFile { get; init; }
}

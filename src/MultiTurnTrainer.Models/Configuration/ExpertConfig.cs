namespace MultiTurnTrainer.Models.Configuration;

/// <summary>How a router's scores become the weights of the chosen experts.</summary>
public enum RouterKind
{
    /// <summary>Softmax over all, then the largest (Qwen).</summary>
    Softmax,

    /// <summary>The largest, then softmax over those (gpt-oss); has a bias.</summary>
    ChosenSoftmax,

    /// <summary>Sigmoid; chosen by score plus a correction, in groups (DeepSeek-V3).</summary>
    Sigmoid,

    /// <summary>Softmax of a norm's projection, the largest made to sum to one, times a factor of each expert (Gemma 4).</summary>
    ScaledSoftmax,
}

/// <summary>A mixture of experts in place of a dense feed-forward network, or beside it.</summary>
public sealed record ExpertConfig
{
    /// <summary>Number of experts.</summary>
    public required int Count { get; init; }

    /// <summary>Experts that a token passes.</summary>
    public required int Chosen { get; init; }

    /// <summary>Width of an expert's middle.</summary>
    public required int Width { get; init; }

    /// <summary>How tokens choose.</summary>
    public required RouterKind Router { get; init; }

    /// <summary>Whether the chosen experts' weights are made to sum to one.</summary>
    public bool SumsToOne { get; init; } = true;

    /// <summary>Factor on the chosen experts' weights.</summary>
    public double WeightScale { get; init; } = 1;

    /// <summary>Groups of experts, of which some are chosen first; 1 without groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that are chosen.</summary>
    public int ChosenGroups { get; init; } = 1;

    /// <summary>Width of the expert that every token passes; 0 without one.</summary>
    public int SharedWidth { get; init; }

    /// <summary>Its path below the layer.</summary>
    public string SharedPath { get; init; } = "mlp.shared_expert";

    /// <summary>Whether a sigmoid of the token weighs the shared expert.</summary>
    public bool GatesShared { get; init; }

    /// <summary>The path of the experts below the layer.</summary>
    public string Path { get; init; } = "mlp.experts";

    /// <summary>Whether files hold the experts of a layer as one tensor and never one by one.</summary>
    public bool AlwaysStacked { get; init; }

    /// <summary>Whether they stand as [experts, in, out], gate and up in turns, with biases (gpt-oss).</summary>
    public ClampedExperts? Clamped { get; init; }

    /// <summary>Whether the dense network stays beside the experts, with norms around both (Gemma 4).</summary>
    public bool BesideDense { get; init; }
}

/// <summary>gpt-oss' experts: (min(max(up, −limit), limit) + 1) · g · sigmoid(alpha · g) with g = min(gate, limit).</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Alpha">The factor in the sigmoid.</param>
public sealed record ClampedExperts(double Limit, double Alpha);

namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What a module does with its weight.</summary>
public enum ModuleKind
{
    /// <summary>Looks rows up: weight [vocabulary, hidden].</summary>
    Embedding,

    /// <summary>Multiplies: weight [out, in].</summary>
    Linear,

    /// <summary>Normalises: weight [width].</summary>
    Norm,

    /// <summary>Multiplies by one matrix for each expert: [experts, out, in], or [experts, in, out].</summary>
    Experts,

    /// <summary>A tensor that is no module's weight, and that adapters leave alone.</summary>
    Parameter,
}

/// <summary>A module that owns a weight.</summary>
/// <param name="Slot">Its place in the layout: adapters are looked up by it.</param>
/// <param name="Path">Its path in HuggingFace's model, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Out">Rows of the weight, of one expert's where there are several; the width of a norm.</param>
/// <param name="In">Columns of the weight; 0 for a norm.</param>
/// <param name="HasBias">Whether it adds a bias [out].</param>
public sealed record ModuleSpec(int Slot, string Path, ModuleKind Kind, int Out, int In, bool HasBias)
{
    /// <summary>Number of experts; 0 but for <see cref="ModuleKind.Experts"/>.</summary>
    public int Experts { get; init; }

    /// <summary>Whether an expert's matrix stands as [in, out].</summary>
    public bool IsTurned { get; init; }

    /// <summary>The tensors that files may hold instead of the stacked one: laid end to end they are it. Empty where there is no such form.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>The shape of a <see cref="ModuleKind.Parameter"/>.</summary>
    public long[] Size { get; init; } = [];

    /// <summary>The weight's shape.</summary>
    public long[] Shape =>
        Kind switch
        {
            ModuleKind.Norm => [Out],
            ModuleKind.Parameter => Size,
            ModuleKind.Experts => IsTurned ? [Experts, In, Out] : [Experts, Out, In],
            _ => [Out, In],
        };

    /// <summary>The weight's name in the model's files.</summary>
    public string WeightName => Kind is ModuleKind.Parameter or ModuleKind.Experts ? Path : $"{Path}.weight";

    /// <summary>The bias' name in the model's files.</summary>
    public string BiasName => $"{Path}.bias";
}

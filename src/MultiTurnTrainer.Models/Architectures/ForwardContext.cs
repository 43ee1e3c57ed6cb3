using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.DeltaNet;
using MultiTurnTrainer.Models.Kernels.Dropout;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// Everything a forward pass needs besides the hidden state: which tokens belong together, the adapter, dropout. Made
/// by <see cref="CausalLM.Prepare"/> once for a batch and used for every block, in forward and in recompute.
/// </summary>
public abstract class ForwardContext : IDisposable
{
    private protected ForwardContext(Adapter? adapter, ulong? dropoutSeed)
    {
        Adapter = adapter;
        DropoutSeed = dropoutSeed;
    }

    /// <summary>The adapter laid over the base, or null for the base alone.</summary>
    public Adapter? Adapter { get; }

    /// <summary>
    /// Non-null in training: seeds the dropout masks. The mask of a module follows from seed and module alone, so a
    /// recomputed block sees the mask it saw before.
    /// </summary>
    public ulong? DropoutSeed { get; }

    /// <summary>What every layer gets of each token beside the residual stream, [tokens, layers, width]; null without.</summary>
    internal Tensor? PerLayerInput { get; set; }

    /// <summary>Frees the tables.</summary>
    public virtual void Dispose() => PerLayerInput?.Dispose();

    /// <summary>Rotates, attends and returns [tokens, heads · width].</summary>
    /// <param name="spec">The layer's attention.</param>
    /// <param name="query">[tokens, heads, width], before the rotation.</param>
    /// <param name="key">[tokens, key heads, width], before the rotation; null where the layer uses another's.</param>
    /// <param name="value">[tokens, key heads, width]; null where the layer uses another's.</param>
    /// <param name="sinks">A score for each head that takes part in the softmax and gives nothing, [heads]; null without.</param>
    internal abstract Tensor Attend(AttentionSpec spec, Tensor query, Tensor? key, Tensor? value, Tensor? sinks);

    /// <summary>Runs a layer's state over the tokens of each sequence, [tokens, value heads, width] in single precision.</summary>
    internal abstract Tensor Recur(int layer, DeltaInputs inputs);

    /// <summary>What a module's low-rank change does not see of its input; null for nothing.</summary>
    internal DropoutMask? Dropped(int slot) =>
        DropoutSeed is { } seed && Adapter is { Dropout: > 0 } adapter
            ? new DropoutMask(NamedRandom.Create(seed, (ulong)slot).Next(), adapter.Dropout)
            : null;
}

/// <summary>What a layer's attention does.</summary>
/// <param name="Layer">The layer's number.</param>
/// <param name="Scale">The factor on the scores.</param>
/// <param name="Window">How many keys a query sees, itself included; null for all before it.</param>
/// <param name="Softcap">Scores become cap · tanh(score / cap); null where they do not.</param>
internal sealed record AttentionSpec(int Layer, double Scale, int? Window, double? Softcap)
{
    /// <summary>The layer whose keys and values it uses: its own number, or an earlier one.</summary>
    public int KeyLayer { get; init; } = Layer;

    /// <summary>Whether later layers use its keys and values too.</summary>
    public bool IsShared { get; init; }

    /// <summary>A layer's.</summary>
    public static AttentionSpec Of(ModelConfig config, int layer) =>
        new(layer, config.AttentionScale, config.Windows[layer], config.AttentionSoftcap)
        {
            KeyLayer = config.Shape(layer).KeysOf ?? layer,
            IsShared = config.Shapes.Any(shape => shape.KeysOf == layer),
        };
}

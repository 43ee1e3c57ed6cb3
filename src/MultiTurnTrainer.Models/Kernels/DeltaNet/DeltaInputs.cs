// Folder DeltaNet: the gated delta rule over sequences laid end to end, in chunks, from a state or from nothing.
// Refuses to know: modules, norms, adapters.
// Shapes: s tokens, h value heads, c channels of the convolution, t tokens that it sees, b sequences, a width of a key head, v of a value head.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Kernels.DeltaNet;

/// <summary>What a gated DeltaNet reads of the tokens of a pack.</summary>
/// <param name="Config">Heads and widths.</param>
/// <param name="Mixed">Queries, keys and values before the convolution, [s, c].</param>
/// <param name="Decay">The logarithm of what is kept of the state, [s, h], in single precision.</param>
/// <param name="Beta">How much of the state is corrected, [s, h], in single precision.</param>
/// <param name="Kernel">The convolution's weights, [c, 1, t].</param>
internal sealed record DeltaInputs(DeltaNetConfig Config, Tensor Mixed, Tensor Decay, Tensor Beta, Tensor Kernel);

/// <summary>What sequences leave behind: the convolution's last inputs and the memory of every head.</summary>
/// <param name="Tail">[b, t − 1, c], zero before a sequence's beginning.</param>
/// <param name="Memory">[b, h, a, v], in single precision.</param>
internal sealed record DeltaState(Tensor Tail, Tensor Memory) : IDisposable
{
    public long Bytes => (Tail.numel() * Tail.ElementSize) + (Memory.numel() * Memory.ElementSize);

    /// <summary>The state before the first token.</summary>
    public static DeltaState Empty(DeltaNetConfig config, int sequences, ScalarType type, Device device) =>
        new(
            zeros([sequences, config.Kernel - 1, config.Channels], type, device),
            zeros([sequences, config.ValueHeads, config.KeyWidth, config.ValueWidth], float32, device)
        );

    /// <summary>The states of several sequences as one, in the caller's scope.</summary>
    public static DeltaState Join(IReadOnlyList<DeltaState> states) =>
        new(cat([.. states.Select(state => state.Tail)], 0), cat([.. states.Select(state => state.Memory)], 0));

    /// <summary>Some sequences of it, in the caller's scope.</summary>
    public DeltaState Select(Tensor rows) => new(Tail.index_select(0, rows), Memory.index_select(0, rows));

    /// <summary>The same tensors, outside every scope.</summary>
    public DeltaState Detach() => new(Tail.detach().DetachFromDisposeScope(), Memory.detach().DetachFromDisposeScope());

    public void Dispose()
    {
        Tail.Dispose();
        Memory.Dispose();
    }
}

// Folder Mixers: what lets a token see those before it, one kind a file.
// Refuses to know: families by name, caches, where a sequence begins.
namespace MultiTurnTrainer.Models.Architectures.Mixers;

/// <summary>The half of a block that mixes tokens.</summary>
internal interface IMixer
{
    /// <summary>[tokens, hidden] to [tokens, hidden], or to the rows that are asked for.</summary>
    Tensor Forward(Tensor input, ForwardContext context, Tensor? rows);
}

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The half of a block that sees every token by itself.</summary>
internal interface IFeedForward
{
    /// <summary>[tokens, hidden] to [tokens, hidden].</summary>
    /// <param name="residual">The residual stream.</param>
    /// <param name="normed">The same after the block's norm.</param>
    /// <param name="context">Adapter and dropout.</param>
    Tensor Forward(Tensor residual, Tensor normed, ForwardContext context);
}

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The half of a block that mixes tokens.</summary>
internal interface IMixer
{
    /// <summary>[tokens, hidden] to [tokens, hidden], or to the rows that are asked for.</summary>
    Tensor Forward(Tensor input, ForwardContext context, Tensor? rows);
}

// Shapes: i width of the input, o of the output, r rank, v vocabulary, e hidden width.
using MultiTurnTrainer.Models.Kernels;

namespace MultiTurnTrainer.Models.Adapters;

/// <summary>Weight-decomposed adaptation (arXiv 2402.09353): the norms of rows, constant in the backward.</summary>
internal static class Dora
{
    /// <summary>‖W + scale · B·A‖ of each row, [out], in single precision.</summary>
    public static Tensor RowNorm(Tensor weight, LoraLayer lora)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor change = Products.Wide(lora.B, lora.A).mul_(lora.Scale); // [o, r] [r, i] -> [o, i]
        return change.add_(weight).mul_(change).sum(dim: 1).sqrt().MoveToOuterDisposeScope(); // [o, i] -> [o]
    }

    /// <summary>An embedding's norms run over the vocabulary: [hidden].</summary>
    public static Tensor ColumnNorm(Tensor weight, LoraLayer lora)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor change = Products.Wide(lora.A.t(), lora.B.t()).mul_(lora.Scale); // [v, r] [r, e] -> [v, e]
        return Columns.Sum(change.add_(weight).mul_(change)).sqrt().MoveToOuterDisposeScope(); // [v, e] -> [e]
    }
}

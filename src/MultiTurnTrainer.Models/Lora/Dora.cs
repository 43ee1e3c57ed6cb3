using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>Weight-decomposed adaptation (arXiv 2402.09353): the norms of rows, constant in the backward.</summary>
internal static class Dora
{
    /// <summary>‖W + scale · B·A‖ of each row, [out], in single precision.</summary>
    public static Tensor RowNorm(Tensor weight, LoraLayer lora)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            Tensor sum = weight.to(ScalarType.Float32) + (lora.B.matmul(lora.A) * lora.Scale);
            return (sum * sum).sum(dim: 1).sqrt().MoveToOuterDisposeScope();
        }
    }

    /// <summary>An embedding's norms run over the vocabulary: [hidden].</summary>
    public static Tensor ColumnNorm(Tensor weight, LoraLayer lora)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            Tensor sum = weight.to(ScalarType.Float32) + (lora.B.matmul(lora.A).t() * lora.Scale);
            return (sum * sum).sum(dim: 0).sqrt().MoveToOuterDisposeScope();
        }
    }
}

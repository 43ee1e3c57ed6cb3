namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>The head's two products, over the supervised rows of one chunk.</summary>
public interface IHead
{
    /// <summary>The element type of the products, and of the logits' gradient.</summary>
    torch.ScalarType DataType { get; }

    /// <summary>V.</summary>
    long Vocabulary { get; }

    /// <summary>[n, H] → fresh contiguous [n, V], written over later; fp32 where the machine can give bf16 products so.</summary>
    torch.Tensor Logits(torch.Tensor rows);

    /// <summary>Adds to the gradients of the head's own parameters, and returns d(rows) [n, H].</summary>
    torch.Tensor Backward(torch.Tensor rows, torch.Tensor logitGradient);
}

using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Decompositions of matrices.</summary>
    public static class linalg
    {
        /// <summary>U · diag(S) · Vh, the singular values falling.</summary>
        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true)
        {
            Tensor?[] results = Operator.CallMany("linalg_svd(A, full_matrices)", input, fullMatrices);
            return (results[0]!, results[1]!, results[2]!);
        }
    }
}

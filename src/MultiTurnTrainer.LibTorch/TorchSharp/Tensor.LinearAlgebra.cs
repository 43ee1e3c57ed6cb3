using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Product of matrices, batched and broadcast.</summary>
        public Tensor matmul(Tensor target) => Operator.Call("matmul(self, other)", this, target);

        /// <summary>Product of two matrices.</summary>
        public Tensor mm(Tensor target) => Operator.Call("mm(self, mat2)", this, target);

        /// <summary>Products of two stacks of matrices.</summary>
        public Tensor bmm(Tensor batch2) => Operator.Call("bmm(self, mat2)", this, batch2);

        /// <summary>beta * this + alpha * mat1 · mat2.</summary>
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Operator.Call("addmm(self, mat1, mat2, beta, alpha)", this, mat1, mat2, (double)beta, (double)alpha);

        /// <summary>beta * this + alpha * mat1 · mat2, in place.</summary>
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Operator.CallInPlace(
                "addmm_(self, mat1, mat2, beta, alpha)",
                this,
                mat1,
                mat2,
                (double)beta,
                (double)alpha
            );
    }
}

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

        /// <summary>Product of a matrix and a vector.</summary>
        public Tensor mv(Tensor target) => Operator.Call("mv(self, vec)", this, target);

        /// <summary>Dot product of two vectors.</summary>
        public Tensor dot(Tensor target) => Operator.Call("dot(self, tensor)", this, target);

        /// <summary>Outer product of two vectors.</summary>
        public Tensor outer(Tensor vec2) => Operator.Call("outer(self, vec2)", this, vec2);

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

        /// <summary>beta * this + alpha * batch1 · batch2, matrix by matrix.</summary>
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Operator.Call(
                "baddbmm(self, batch1, batch2, beta, alpha)",
                this,
                batch1,
                batch2,
                (double)beta,
                (double)alpha
            );

        /// <summary>Standard normal numbers times std plus mean, in place.</summary>
        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Operator.CallInPlace("normal_(self, mean, std, generator)", this, mean, std, Generator.Argument(generator));

        /// <summary>Uniform numbers, in place.</summary>
        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            Operator.CallInPlace("uniform_(self, from, to, generator)", this, from, to, Generator.Argument(generator));

        /// <summary>Draws positions with the elements as weights.</summary>
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Operator.Call(
                "multinomial(self, num_samples, replacement, generator)",
                this,
                num_samples,
                replacement,
                Generator.Argument(generator)
            );

        /// <summary>Draws of 0 and 1 with the elements as probabilities.</summary>
        public Tensor bernoulli(Generator? generator = null) =>
            Operator.Call("bernoulli(self, generator)", this, Generator.Argument(generator));

        /// <summary>Draws of 0 and 1, in place.</summary>
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) =>
            Operator.CallInPlace("bernoulli_.float(self, p, generator)", this, p, Generator.Argument(generator));

        /// <summary>Exponentially distributed numbers, in place.</summary>
        public Tensor exponential_(double lambda = 1, Generator? generator = null) =>
            Operator.CallInPlace("exponential_(self, lambd, generator)", this, lambda, Generator.Argument(generator));
    }
}

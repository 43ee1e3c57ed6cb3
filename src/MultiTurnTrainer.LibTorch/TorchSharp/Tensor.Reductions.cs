using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Sum of all elements.</summary>
        public Tensor sum(ScalarType? type = null) => Operator.Call("sum(self, dtype)", this, type);

        /// <summary>Sum over one dimension.</summary>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            Operator.Call("sum.dim_IntList(self, dim, keepdim, dtype)", this, new[] { dim }, keepdim, type);

        /// <summary>Mean over dimensions.</summary>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Operator.Call("mean.dim(self, dim, keepdim, dtype)", this, dimensions, keepdim, type);

        /// <summary>The p-norm of all elements.</summary>
        public Tensor norm(float p = 2.0f) => Operator.Call("norm.Scalar(self, p)", this, (double)p);

        /// <summary>The greatest element.</summary>
        public Tensor max() => Operator.Call("max(self)", this);

        /// <summary>The greatest along dimensions.</summary>
        public Tensor amax(long[] dims, bool keepdim = false) =>
            Operator.Call("amax(self, dim, keepdim)", this, dims, keepdim);

        /// <summary>Where the greatest along a dimension is.</summary>
        public Tensor argmax(long dim, bool keepdim = false) =>
            Operator.Call("argmax(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>Whether all elements are true.</summary>
        public Tensor all() => Operator.Call("all(self)", this);

        /// <summary>Running sum along a dimension.</summary>
        public Tensor cumsum(long dim, ScalarType? type = null) =>
            Operator.Call("cumsum(self, dim, dtype)", this, dim, type);

        /// <summary>The k greatest (or least) along a dimension, and where.</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Operator.CallTwo("topk(self, k, dim, largest, sorted)", this, k, dim, largest, sorted);

        /// <summary>Sorted along a dimension, and where each came from.</summary>
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Operator.CallTwo("sort.stable(self, stable, dim, descending)", this, stable, dim, descending);

        /// <summary>Exponentials that sum to one along a dimension.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) =>
            Operator.Call("softmax.int(self, dim, dtype)", this, dim, dtype);

        /// <summary>Logarithm of the softmax along a dimension.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) =>
            Operator.Call("log_softmax.int(self, dim, dtype)", this, dim, dtype);

        /// <summary>Whether all elements are close: |a - b| at most atol + rtol |b|.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Operator.CallInteger("allclose(self, other, rtol, atol, equal_nan)", this, target, rtol, atol, equal_nan)
            != 0;

        /// <summary>Whether shape and elements are equal.</summary>
        public bool Equals(Tensor other) => Operator.CallInteger("equal(self, other)", this, other) != 0;
    }
}

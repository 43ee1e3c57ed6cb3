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

        /// <summary>Sum over dimensions.</summary>
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            Operator.Call("sum.dim_IntList(self, dim, keepdim, dtype)", this, dim, keepdim, type);

        /// <summary>Mean of all elements.</summary>
        public Tensor mean() => Operator.Call("mean(self)", this);

        /// <summary>Mean over dimensions.</summary>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Operator.Call("mean.dim(self, dim, keepdim, dtype)", this, dimensions, keepdim, type);

        /// <summary>Product of all elements.</summary>
        public Tensor prod(ScalarType? type = null) => Operator.Call("prod(self, dtype)", this, type);

        /// <summary>Variance of all elements.</summary>
        public Tensor var(bool unbiased = true) => Operator.Call("var(self, unbiased)", this, unbiased);

        /// <summary>Standard deviation of all elements.</summary>
        public Tensor std(bool unbiased = true) => Operator.Call("std(self, unbiased)", this, unbiased);

        /// <summary>The p-norm of all elements.</summary>
        public Tensor norm(float p = 2.0f) => Operator.Call("norm.Scalar(self, p)", this, (double)p);

        /// <summary>The p-norm over one dimension.</summary>
        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) =>
            Operator.Call("norm.ScalarOpt_dim(self, p, dim, keepdim)", this, (double)p, new long[] { dim }, keepdim);

        /// <summary>ln of the sum of exponentials over a dimension.</summary>
        public Tensor logsumexp(long dim, bool keepdim = false) =>
            Operator.Call("logsumexp(self, dim, keepdim)", this, new[] { dim }, keepdim);

        /// <summary>The greatest element.</summary>
        public Tensor max() => Operator.Call("max(self)", this);

        /// <summary>The greatest along a dimension, and where.</summary>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) =>
            Operator.CallTwo("max.dim(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>The least element.</summary>
        public Tensor min() => Operator.Call("min(self)", this);

        /// <summary>The least along a dimension, and where.</summary>
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) =>
            Operator.CallTwo("min.dim(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>The greatest along dimensions.</summary>
        public Tensor amax(long[] dims, bool keepdim = false) =>
            Operator.Call("amax(self, dim, keepdim)", this, dims, keepdim);

        /// <summary>Where the greatest element is, in row-major order.</summary>
        public Tensor argmax() => Operator.Call("argmax(self)", this);

        /// <summary>Where the greatest along a dimension is.</summary>
        public Tensor argmax(long dim, bool keepdim = false) =>
            Operator.Call("argmax(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>Where the least along a dimension is.</summary>
        public Tensor argmin(long dim, bool keepdim = false) =>
            Operator.Call("argmin(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>Whether all elements are true.</summary>
        public Tensor all() => Operator.Call("all(self)", this);

        /// <summary>Whether all along a dimension are true.</summary>
        public Tensor all(long dim, bool keepdim = false) =>
            Operator.Call("all.dim(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>Whether any element is true.</summary>
        public Tensor any() => Operator.Call("any(self)", this);

        /// <summary>Whether any along a dimension is true.</summary>
        public Tensor any(long dim, bool keepdim = false) =>
            Operator.Call("any.dim(self, dim, keepdim)", this, dim, keepdim);

        /// <summary>Running sum along a dimension.</summary>
        public Tensor cumsum(long dim, ScalarType? type = null) =>
            Operator.Call("cumsum(self, dim, dtype)", this, dim, type);

        /// <summary>The k greatest (or least) along a dimension, and where.</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Operator.CallTwo("topk(self, k, dim, largest, sorted)", this, k, dim, largest, sorted);

        /// <summary>Sorted along a dimension, and where each came from.</summary>
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Operator.CallTwo("sort.stable(self, stable, dim, descending)", this, stable, dim, descending);

        /// <summary>The order that sorts a dimension.</summary>
        public Tensor argsort(long dim = -1, bool descending = false) =>
            Operator.Call("argsort(self, dim, descending)", this, dim, descending);

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

        /// <summary>How often each whole number occurs.</summary>
        public Tensor bincount(Tensor? weights = null, long minlength = 0) =>
            Operator.Call("bincount(self, weights, minlength)", this, weights, minlength);
    }
}

using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Another shape of the same elements, sharing them where possible.</summary>
        public Tensor reshape(params long[] shape) => Operator.Call("reshape(self, shape)", this, shape);

        /// <summary>Another shape of the same elements, sharing them.</summary>
        public Tensor view(params long[] shape) => Operator.Call("view(self, size)", this, shape);

        /// <summary>Merges dimensions.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) =>
            Operator.Call("flatten.using_ints(self, start_dim, end_dim)", this, start_dim, end_dim);

        /// <summary>Swaps two dimensions.</summary>
        public Tensor transpose(long dim0, long dim1) =>
            Operator.Call("transpose.int(self, dim0, dim1)", this, dim0, dim1);

        /// <summary>Swaps the two dimensions of a matrix.</summary>
        public Tensor t() => Operator.Call("t(self)", this);

        /// <summary>Dimensions in another order.</summary>
        public Tensor permute(params long[] permutation) => Operator.Call("permute(self, dims)", this, permutation);

        /// <summary>Drops a dimension of length one.</summary>
        public Tensor squeeze(long dim) => Operator.Call("squeeze.dim(self, dim)", this, dim);

        /// <summary>Adds a dimension of length one.</summary>
        public Tensor unsqueeze(long dim) => Operator.Call("unsqueeze(self, dim)", this, dim);

        /// <summary>One position of a dimension, which falls away.</summary>
        public Tensor select(long dim, long index) => Operator.Call("select.int(self, dim, index)", this, dim, index);

        /// <summary>A range of a dimension.</summary>
        public Tensor narrow(long dim, long start, long length) =>
            Operator.Call("narrow(self, dim, start, length)", this, dim, start, length);

        /// <summary>Rows (positions of a dimension) by number.</summary>
        public Tensor index_select(long dim, Tensor index) =>
            Operator.Call("index_select(self, dim, index)", this, dim, index);

        /// <summary>Elements by number along a dimension.</summary>
        public Tensor gather(long dim, Tensor index) => Operator.Call("gather(self, dim, index)", this, dim, index);

        /// <summary>Writes elements by number along a dimension.</summary>
        public Tensor scatter(long dim, Tensor index, Tensor src) =>
            Operator.Call("scatter.src(self, dim, index, src)", this, dim, index, src);

        /// <summary>Writes elements by number along a dimension, in place.</summary>
        public Tensor scatter_(long dim, Tensor index, Tensor src) =>
            Operator.CallInPlace("scatter_.src(self, dim, index, src)", this, dim, index, src);

        /// <summary>Writes rows by number, in place.</summary>
        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Operator.CallInPlace("index_copy_(self, dim, index, source)", this, dim, index, source);

        /// <summary>A copy.</summary>
        public Tensor clone() => Operator.Call("clone(self)", this);

        /// <summary>The same elements outside the graph.</summary>
        public Tensor detach() => Operator.Call("detach(self)", this);

        /// <summary>Row-major and without gaps: itself, or a copy.</summary>
        public Tensor contiguous() => Operator.Call("contiguous(self)", this);

        /// <summary>Takes the other's elements, converted, in place.</summary>
        public Tensor copy_(Tensor source, bool non_blocking = false) =>
            Operator.CallInPlace("copy_(self, src, non_blocking)", this, source, non_blocking);

        /// <summary>Another element type: itself, or a converted copy.</summary>
        public Tensor to_type(
            ScalarType type,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) =>
            AfterUse(
                Operator.Call("to.dtype(self, dtype, non_blocking, copy)", this, type, non_blocking, copy),
                disposeAfter
            );

        /// <summary>Another element type: itself, or a converted copy.</summary>
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        /// <summary>Another device: itself, or a copy there.</summary>
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, device, copy, disposeAfter, non_blocking);

        /// <summary>Another element type and device: itself, or a copy.</summary>
        public Tensor to(
            ScalarType type,
            Device device,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) =>
            AfterUse(
                Operator.Call(
                    "to.device(self, device, dtype, non_blocking, copy)",
                    this,
                    device,
                    type,
                    non_blocking,
                    copy
                ),
                disposeAfter
            );

        /// <summary>In the processor's memory: itself, or a copy.</summary>
        public Tensor cpu() => to(CPU);
    }
}

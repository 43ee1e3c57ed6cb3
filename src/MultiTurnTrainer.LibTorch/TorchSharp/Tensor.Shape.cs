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

        /// <summary>The other's shape of the same elements, sharing them.</summary>
        public Tensor view_as(Tensor other) => Operator.Call("view_as(self, other)", this, other);

        /// <summary>Merges dimensions.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) =>
            Operator.Call("flatten.using_ints(self, start_dim, end_dim)", this, start_dim, end_dim);

        /// <summary>Splits a dimension.</summary>
        public Tensor unflatten(long dim, params long[] sizes) =>
            Operator.Call("unflatten.int(self, dim, sizes)", this, dim, sizes);

        /// <summary>Repeats dimensions of length one without copying; -1 keeps a length.</summary>
        public Tensor expand(params long[] sizes) => Operator.Call("expand(self, size)", this, sizes);

        /// <summary>Copies laid out side by side.</summary>
        public Tensor repeat(params long[] sizes) => Operator.Call("repeat(self, repeats)", this, sizes);

        /// <summary>Each element several times in a row.</summary>
        public Tensor repeat_interleave(long repeats, long? dim = null) =>
            Operator.Call("repeat_interleave.self_int(self, repeats, dim)", this, repeats, dim);

        /// <summary>Each element as many times in a row as told.</summary>
        public Tensor repeat_interleave(Tensor repeats, long? dim = null) =>
            Operator.Call("repeat_interleave.self_Tensor(self, repeats, dim)", this, repeats, dim);

        /// <summary>Swaps two dimensions.</summary>
        public Tensor transpose(long dim0, long dim1) =>
            Operator.Call("transpose.int(self, dim0, dim1)", this, dim0, dim1);

        /// <summary>Swaps the two dimensions of a matrix.</summary>
        public Tensor t() => Operator.Call("t(self)", this);

        /// <summary>Dimensions in another order.</summary>
        public Tensor permute(params long[] permutation) => Operator.Call("permute(self, dims)", this, permutation);

        /// <summary>Drops dimensions of length one.</summary>
        public Tensor squeeze() => Operator.Call("squeeze(self)", this);

        /// <summary>Drops a dimension of length one.</summary>
        public Tensor squeeze(long dim) => Operator.Call("squeeze.dim(self, dim)", this, dim);

        /// <summary>Adds a dimension of length one.</summary>
        public Tensor unsqueeze(long dim) => Operator.Call("unsqueeze(self, dim)", this, dim);

        /// <summary>One position of a dimension, which falls away.</summary>
        public Tensor select(long dim, long index) => Operator.Call("select.int(self, dim, index)", this, dim, index);

        /// <summary>A range of a dimension.</summary>
        public Tensor narrow(long dim, long start, long length) =>
            Operator.Call("narrow(self, dim, start, length)", this, dim, start, length);

        /// <summary>Every step-th position of a range of a dimension.</summary>
        public Tensor slice(long dim, long start, long finish, long step) =>
            Operator.Call("slice.Tensor(self, dim, start, end, step)", this, dim, start, finish, step);

        /// <summary>Pieces of a given length.</summary>
        public Tensor[] split(long size, long dim = 0) =>
            Operator.CallMany("split.Tensor(self, split_size, dim)", this, size, dim)!;

        /// <summary>Pieces of given lengths.</summary>
        public Tensor[] split(long[] sizes, long dim = 0) =>
            Operator.CallMany("split_with_sizes(self, split_sizes, dim)", this, sizes, dim)!;

        /// <summary>A given number of pieces.</summary>
        public Tensor[] chunk(long chunks, long dim = 0) =>
            Operator.CallMany("chunk(self, chunks, dim)", this, chunks, dim)!;

        /// <summary>The positions of a dimension, one tensor each.</summary>
        public Tensor[] unbind(int dim = 0) => Operator.CallMany("unbind.int(self, dim)", this, dim)!;

        /// <summary>Elements moved along dimensions, around the end.</summary>
        public Tensor roll(long shifts, long dims) =>
            Operator.Call("roll(self, shifts, dims)", this, new[] { shifts }, new[] { dims });

        /// <summary>Dimensions reversed.</summary>
        public Tensor flip(params long[] dims) => Operator.Call("flip(self, dims)", this, dims);

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

        /// <summary>Writes a value by number along a dimension, in place.</summary>
        public Tensor scatter_(long dim, Tensor index, Scalar value) =>
            Operator.CallInPlace("scatter_.value(self, dim, index, value)", this, dim, index, value);

        /// <summary>Adds elements by number along a dimension.</summary>
        public Tensor scatter_add(long dim, Tensor index, Tensor src) =>
            Operator.Call("scatter_add(self, dim, index, src)", this, dim, index, src);

        /// <summary>Adds elements by number along a dimension, in place.</summary>
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) =>
            Operator.CallInPlace("scatter_add_(self, dim, index, src)", this, dim, index, src);

        /// <summary>Adds rows by number.</summary>
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Operator.Call("index_add(self, dim, index, source, alpha)", this, dim, index, source, alpha);

        /// <summary>Adds rows by number, in place.</summary>
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Operator.CallInPlace("index_add_(self, dim, index, source, alpha)", this, dim, index, source, alpha);

        /// <summary>Writes rows by number.</summary>
        public Tensor index_copy(long dim, Tensor index, Tensor source) =>
            Operator.Call("index_copy(self, dim, index, source)", this, dim, index, source);

        /// <summary>Writes rows by number, in place.</summary>
        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Operator.CallInPlace("index_copy_(self, dim, index, source)", this, dim, index, source);

        /// <summary>Fills rows by number, in place.</summary>
        public Tensor index_fill_(long dim, Tensor index, Scalar value) =>
            Operator.CallInPlace("index_fill_.int_Scalar(self, dim, index, value)", this, dim, index, value);

        /// <summary>The elements where the mask is true, in a row.</summary>
        public Tensor masked_select(Tensor mask) => Operator.Call("masked_select(self, mask)", this, mask);

        /// <summary>Where the elements are not zero: [count, dimensions].</summary>
        public Tensor nonzero() => Operator.Call("nonzero(self)", this);

        /// <summary>The lower triangle of a matrix.</summary>
        public Tensor tril(long diagonal = 0) => Operator.Call("tril(self, diagonal)", this, diagonal);

        /// <summary>The upper triangle of a matrix.</summary>
        public Tensor triu(long diagonal = 0) => Operator.Call("triu(self, diagonal)", this, diagonal);

        /// <summary>A copy.</summary>
        public Tensor clone() => Operator.Call("clone(self)", this);

        /// <summary>The same elements outside the graph.</summary>
        public Tensor detach() => Operator.Call("detach(self)", this);

        /// <summary>Takes itself out of the graph.</summary>
        public Tensor detach_() => Operator.CallInPlace("detach_(self)", this);

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

        /// <summary>On the current GPU: itself, or a copy.</summary>
        public Tensor cuda() => to(CUDA);

        /// <summary>As single precision.</summary>
        public Tensor @float() => to(ScalarType.Float32);

        /// <summary>As double precision.</summary>
        public Tensor @double() => to(ScalarType.Float64);

        /// <summary>As 64-bit whole numbers.</summary>
        public Tensor @long() => to(ScalarType.Int64);

        /// <summary>As bfloat16.</summary>
        public Tensor bfloat16() => to(ScalarType.BFloat16);

        /// <summary>As truth values.</summary>
        public Tensor @bool() => to(ScalarType.Bool);

        /// <summary>Pinned for fast copies to a GPU.</summary>
        public Tensor pin_memory() => Operator.Call("pin_memory(self)", this);

        /// <summary>Uninitialised, of the same shape and kind.</summary>
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null) =>
            torch.empty_like(this, dtype, device);

        /// <summary>Zeros of the same shape and kind.</summary>
        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null) =>
            torch.zeros_like(this, dtype, device);

        /// <summary>Uninitialised, of the same kind.</summary>
        public Tensor new_empty(params long[] size) => Operator.Call("new_empty(self, size)", this, size);

        /// <summary>Zeros of the same kind.</summary>
        public Tensor new_zeros(params long[] size) => Operator.Call("new_zeros(self, size)", this, size);
    }
}

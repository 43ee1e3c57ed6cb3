using MultiTurnTrainer.LibTorch.Native;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An n-dimensional array of libtorch. Disposed of by its scope, by its holder, or at worst by the garbage collector.
    /// Operators keep the names and the meaning of PyTorch's; a trailing underscore changes the tensor in place.
    /// </summary>
    public sealed unsafe partial class Tensor : IDisposable
    {
        private nint _handle;

        private Tensor(nint handle)
        {
            _handle = handle;
            Scope = DisposeScopeManager.ThreadSingleton.Register(this);
        }

        /// <summary>Frees the native half where nobody disposed of it.</summary>
        ~Tensor()
        {
            if (_handle != 0)
            {
                NativeApi.TensorFree(_handle);
            }
        }

        /// <summary>The native tensor.</summary>
        public nint Handle
        {
            get
            {
                ObjectDisposedException.ThrowIf(_handle == 0, this);
                return _handle;
            }
        }

        /// <summary>Whether it has been disposed of.</summary>
        public bool IsInvalid => _handle == 0;

        /// <summary>The lengths of the dimensions.</summary>
        public long[] shape
        {
            get
            {
                long[] sizes = new long[dim()];
                fixed (long* pointer = sizes)
                {
                    NativeApi.TensorSizes(Handle, pointer, null);
                }

                return sizes;
            }
        }

        /// <summary>How far apart neighbours lie, in elements, dimension by dimension.</summary>
        public long[] stride()
        {
            long[] sizes = new long[dim()];
            long[] strides = new long[sizes.Length];
            fixed (long* first = sizes)
            fixed (long* second = strides)
            {
                NativeApi.TensorSizes(Handle, first, second);
            }

            return strides;
        }

        /// <summary>The element type.</summary>
        public ScalarType dtype => (ScalarType)NativeApi.TensorType(Handle);

        /// <summary>Where it lies.</summary>
        public Device device => new(NativeApi.TensorDevice(Handle));

        /// <summary>The kind of device it lies on.</summary>
        public DeviceType device_type => (DeviceType)(NativeApi.TensorDevice(Handle) >> 16);

        /// <summary>Bytes of one element.</summary>
        public long ElementSize =>
            dtype switch
            {
                ScalarType.Int64 or ScalarType.Float64 => 8,
                ScalarType.Int32 or ScalarType.Float32 => 4,
                ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
                _ => 1,
            };

        /// <summary>Whether autograd records what is computed from it.</summary>
        public bool requires_grad
        {
            get => (NativeApi.TensorFlags(Handle) & 2) != 0;
            set => requires_grad_(value);
        }

        /// <summary>The accumulated gradient, or null.</summary>
        public Tensor? grad
        {
            get => OwnOrNull(NativeApi.TensorGrad(Handle));
            set
            {
                NativeApi.Check(NativeApi.TensorSetGrad(Handle, value?.Handle ?? 0), "set_grad");
                GC.KeepAlive(value);
            }
        }

        internal DisposeScope? Scope { get; set; }

        /// <summary>The number of dimensions.</summary>
        public long dim() => NativeApi.TensorDim(Handle);

        /// <summary>The number of elements.</summary>
        public long numel() => NativeApi.TensorNumel(Handle);

        /// <summary>The length of one dimension; negative counts from the end.</summary>
        public long size(int dim)
        {
            long dims = NativeApi.TensorDim(Handle);
            long index = dim < 0 ? dim + dims : dim;
            return (ulong)index < (ulong)dims
                ? NativeApi.TensorSize(Handle, index)
                : throw new ArgumentOutOfRangeException(nameof(dim), dim, $"the tensor has {dims} dimensions");
        }

        /// <summary>Whether the elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => (NativeApi.TensorFlags(Handle) & 1) != 0;

        /// <summary>Asks autograd to record what is computed from it.</summary>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            NativeApi.Check(NativeApi.TensorSetRequiresGrad(Handle, requires_grad ? 1 : 0), "requires_grad_");
            return this;
        }

        /// <summary>Adds d(this)/d(leaf) to the gradient of every leaf it was computed from.</summary>
        public void backward(
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        /// <summary>The only element.</summary>
        public T item<T>()
            where T : unmanaged
        {
            if (dtype is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16)
            {
                return Convert<T>(Operator.CallNumber("item(self)", this));
            }

            return Convert<T>(Operator.CallInteger("item(self)", this));
        }

        /// <summary>The elements of a contiguous tensor in the processor's memory; a copy is made where it is not.</summary>
        public TensorAccessor<T> data<T>()
            where T : unmanaged => new(this);

        /// <summary>The elements' memory: of a contiguous tensor on the processor of at most 2 GiB.</summary>
        public Span<byte> bytes =>
            device_type != DeviceType.CPU || !is_contiguous()
                ? throw new InvalidOperationException("bytes: the tensor is not contiguous on the processor")
                : new Span<byte>((void*)NativeApi.TensorData(Handle), checked((int)(numel() * ElementSize)));

        /// <summary>Frees the native half now.</summary>
        public void Dispose()
        {
            nint handle = Interlocked.Exchange(ref _handle, 0);
            if (handle == 0)
            {
                return;
            }

            ThreadDisposeScopeStatistics statistics = DisposeScopeManager.Statistics;
            if (Scope is { } scope)
            {
                scope.Forget(this);
                Scope = null;
                statistics.DisposedInScopeCount++;
            }
            else
            {
                statistics.DisposedOutsideScopeCount++;
            }

            NativeApi.TensorFree(handle);
            GC.SuppressFinalize(this);
        }

        /// <summary>Gives it to the scope outside the one that owns it.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            Scope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Frees it from all scopes: whoever holds it disposes of it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            Scope?.Detach(this);
            return this;
        }

        /// <summary>A second owner of the same native tensor.</summary>
        public Tensor alias() => Own(NativeApi.TensorAlias(Handle));

        /// <inheritdoc/>
        public override string ToString() =>
            IsInvalid
                ? "disposed tensor"
                : Invariant($"[{string.Join('x', shape)}], type = {dtype}, device = {device}");

        // Takes over a native tensor that this thread has been given.
        internal static Tensor Own(nint handle) => new(handle);

        internal static Tensor? OwnOrNull(nint handle) => handle == 0 ? null : new(handle);

        private static T Convert<T>(double value)
            where T : unmanaged =>
            typeof(T) == typeof(float) ? (T)(object)(float)value
            : typeof(T) == typeof(double) ? (T)(object)value
            : throw new ArgumentException($"the element is a floating-point number, not {typeof(T).Name}");

        private static T Convert<T>(long value)
            where T : unmanaged =>
            typeof(T) == typeof(long) ? (T)(object)value
            : typeof(T) == typeof(int) ? (T)(object)checked((int)value)
            : typeof(T) == typeof(bool) ? (T)(object)(value != 0)
            : typeof(T) == typeof(byte) ? (T)(object)checked((byte)value)
            : typeof(T) == typeof(float) ? (T)(object)(float)value
            : typeof(T) == typeof(double) ? (T)(object)(double)value
            : throw new ArgumentException($"the element is a whole number, not {typeof(T).Name}");
    }
}

using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static unsafe partial class torch
{
    private const string Options = "dtype, device)";

    /// <summary>Uninitialised.</summary>
    public static Tensor empty(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("empty.memory_format(size, " + Options, size, dtype, device), requires_grad);

    /// <summary>Uninitialised.</summary>
    public static Tensor empty(
        long size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => empty([size], dtype, device, requires_grad);

    /// <summary>Uninitialised.</summary>
    public static Tensor empty(
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => empty([rows, columns], dtype, device, requires_grad);

    /// <summary>Zeros.</summary>
    public static Tensor zeros(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("zeros(size, " + Options, size, dtype, device), requires_grad);

    /// <summary>Zeros.</summary>
    public static Tensor zeros(
        long size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => zeros([size], dtype, device, requires_grad);

    /// <summary>Zeros.</summary>
    public static Tensor zeros(
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => zeros([rows, columns], dtype, device, requires_grad);

    /// <summary>Ones.</summary>
    public static Tensor ones(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("ones(size, " + Options, size, dtype, device), requires_grad);

    /// <summary>Ones.</summary>
    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        ones([size], dtype, device, requires_grad);

    /// <summary>Ones.</summary>
    public static Tensor ones(
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => ones([rows, columns], dtype, device, requires_grad);

    /// <summary>One value everywhere.</summary>
    public static Tensor full(
        long[] size,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("full(size, fill_value, " + Options, size, value, dtype, device), requires_grad);

    /// <summary>Standard normal numbers.</summary>
    public static Tensor randn(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("randn(size, " + Options, size, dtype, device), requires_grad);

    /// <summary>Standard normal numbers.</summary>
    public static Tensor randn(
        long size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => randn([size], dtype, device, requires_grad);

    /// <summary>Standard normal numbers.</summary>
    public static Tensor randn(
        long rows,
        long columns,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => randn([rows, columns], dtype, device, requires_grad);

    /// <summary>Uniform numbers of [0, 1).</summary>
    public static Tensor rand(
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("rand(size, " + Options, size, dtype, device), requires_grad);

    /// <summary>Whole numbers of [low, high).</summary>
    public static Tensor randint(
        long low,
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        Flagged(
            Operator.Call(
                "randint.low(low, high, size, " + Options,
                low,
                high,
                size,
                dtype ?? ScalarType.Int64,
                device
            ),
            requires_grad
        );

    /// <summary>0, 1, … before stop.</summary>
    public static Tensor arange(
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("arange(end, " + Options, stop, dtype, device), requires_grad);

    /// <summary>start, start + 1, … before stop.</summary>
    public static Tensor arange(
        Scalar start,
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("arange.start(start, end, " + Options, start, stop, dtype, device), requires_grad);

    /// <summary>Uninitialised, of the same shape and kind.</summary>
    public static Tensor empty_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("empty_like(self, " + Options, input, dtype, device), requires_grad);

    /// <summary>Zeros of the same shape and kind.</summary>
    public static Tensor zeros_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Flagged(Operator.Call("zeros_like(self, " + Options, input, dtype, device), requires_grad);

    /// <summary>A single number.</summary>
    public static Tensor tensor(
        double scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([], scalar, dtype ?? ScalarType.Float64, device, requires_grad);

    /// <summary>A single number.</summary>
    public static Tensor tensor(
        float scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([], scalar, dtype ?? ScalarType.Float32, device, requires_grad);

    /// <summary>A single whole number.</summary>
    public static Tensor tensor(
        long scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([], scalar, dtype ?? ScalarType.Int64, device, requires_grad);

    /// <summary>A vector, copied.</summary>
    public static Tensor tensor(
        float[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], ScalarType.Float32, dtype, device, requires_grad);

    /// <summary>A tensor of a given shape, copied.</summary>
    public static Tensor tensor(
        float[] rawArray,
        ReadOnlySpan<long> dimensions,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, dimensions.ToArray(), ScalarType.Float32, dtype, device, requires_grad);

    /// <summary>A vector, copied.</summary>
    public static Tensor tensor(
        double[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], ScalarType.Float64, dtype, device, requires_grad);

    /// <summary>A vector, copied.</summary>
    public static Tensor tensor(
        long[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], ScalarType.Int64, dtype, device, requires_grad);

    /// <summary>A vector, copied.</summary>
    public static Tensor tensor(
        int[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], ScalarType.Int32, dtype, device, requires_grad);

    /// <summary>A vector, copied.</summary>
    public static Tensor tensor(
        bool[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], ScalarType.Bool, dtype, device, requires_grad);

    /// <summary>A vector of bytes, copied.</summary>
    public static Tensor tensor(
        byte[] rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Copied(rawArray, [rawArray.Length], ScalarType.Byte, dtype, device, requires_grad);

    private static Tensor Copied<T>(
        T[] values,
        long[] shape,
        ScalarType own,
        ScalarType? dtype,
        Device? device,
        bool requires_grad
    )
        where T : unmanaged
    {
        long count = shape.Aggregate(1L, (product, length) => product * length);
        if (count != values.Length)
        {
            throw new ArgumentException($"{values.Length} elements do not fill the shape [{string.Join(", ", shape)}]");
        }

        Tensor tensor = Operator.Call("empty.memory_format(size, dtype)", shape, own);
        fixed (T* source = values)
        {
            long bytes = (long)values.Length * Unsafe.SizeOf<T>();
            Buffer.MemoryCopy(source, (void*)NativeApi.TensorData(tensor.Handle), bytes, bytes);
        }

        if ((dtype is { } wanted && wanted != own) || (device is not null && device.type != DeviceType.CPU))
        {
            tensor = tensor.to(dtype ?? own, device ?? CPU, disposeAfter: true);
        }

        return Flagged(tensor, requires_grad);
    }

    private static Tensor Flagged(Tensor tensor, bool requires_grad) =>
        requires_grad ? tensor.requires_grad_() : tensor;
}

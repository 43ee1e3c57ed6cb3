using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// libtorch's stable C interface (2.10 and later), for what TorchSharp has no word for. It takes and gives <c>at::Tensor*</c>, which is
/// what TorchSharp's handles are.
/// </summary>
internal static unsafe class StableInterface
{
    // 2.10.0, as the interface writes the version a program was made for.
    private const ulong Version = (2UL << 56) | (10UL << 48);

    private static readonly delegate* unmanaged<nint, void**, int> _data = (delegate* unmanaged<nint, void**, int>)
        TorchRuntime.Symbol("aoti_torch_get_data_ptr");

    private static readonly delegate* unmanaged<nint, int, nint*, int> _view = (delegate* unmanaged<
        nint,
        int,
        nint*,
        int>)
        TorchRuntime.Symbol("aoti_torch_view_dtype");

    private static readonly delegate* unmanaged<nint, nint*, int> _share = (delegate* unmanaged<nint, nint*, int>)
        TorchRuntime.Symbol("aoti_torch_new_tensor_handle");

    private static readonly delegate* unmanaged<byte*, byte*, ulong*, ulong, int> _call = (delegate* unmanaged<
        byte*,
        byte*,
        ulong*,
        ulong,
        int>)
        TorchRuntime.Symbol("torch_call_dispatcher");

    /// <summary>The address of a tensor's first element, on its own device.</summary>
    public static void* Data(torch.Tensor tensor)
    {
        void* data;
        Check(_data(tensor.Handle, &data), "get_data_ptr");
        GC.KeepAlive(tensor);
        return data;
    }

    /// <summary>The same bytes as elements of another type.</summary>
    public static torch.Tensor View(torch.Tensor tensor, torch.ScalarType type)
    {
        nint view;
        Check(_view(tensor.Handle, (int)type, &view), "view.dtype");
        GC.KeepAlive(tensor);
        return torch.Tensor.UnsafeCreateTensor(view);
    }

    /// <summary>Calls an operator; all parameters of its schema are given, in order.</summary>
    /// <param name="name">With its namespace: <c>aten::mm</c>.</param>
    /// <param name="overload">Its overload, or nothing.</param>
    /// <param name="results">How many tensors it gives.</param>
    /// <param name="arguments">
    /// A <see cref="torch.Tensor"/>, long, double, bool or <see cref="torch.ScalarType"/>; <see cref="Optional"/> where the schema has a
    /// question mark.
    /// </param>
    public static torch.Tensor[] Call(string name, string overload, int results, params object[] arguments)
    {
        ulong* stack = stackalloc ulong[Math.Max(arguments.Length, results)];
        for (int i = 0; i < arguments.Length; i++)
        {
            stack[i] = Word(arguments[i]);
        }

        fixed (byte* operation = Encoding.UTF8.GetBytes(name + '\0'))
        fixed (byte* variant = Encoding.UTF8.GetBytes(overload + '\0'))
        {
            Check(_call(operation, variant, stack, Version), name);
        }

        GC.KeepAlive(arguments);
        torch.Tensor[] made = new torch.Tensor[results];
        for (int i = 0; i < results; i++)
        {
            made[i] = torch.Tensor.UnsafeCreateTensor((nint)stack[i]);
        }

        return made;
    }

    /// <summary>Throws where a function of the interface has failed; libtorch itself prints why.</summary>
    /// <param name="code">What a function returned.</param>
    /// <param name="operation">What it was asked for.</param>
    public static void Check(int code, string operation)
    {
        if (code != 0)
        {
            throw new ExternalException($"{operation}: libtorch refuses");
        }
    }

    // A word of the interface's stack, low bytes first. Tensors are handed over: the callee frees the handle.
    private static ulong Word(object argument)
    {
        switch (argument)
        {
            case torch.Tensor tensor:
                nint shared;
                Check(_share(tensor.Handle, &shared), "new_tensor_handle");
                return (ulong)shared;
            case Optional { Value: null }:
                return 0;
            case Optional { Value: { } value }:
                // Freed by the callee, whose C++ runtime takes it from the same heap.
                ulong* present = (ulong*)NativeMemory.Alloc(sizeof(ulong));
                *present = Word(value);
                return (ulong)present;
            case double number:
                return BitConverter.DoubleToUInt64Bits(number);
            case bool truth:
                return truth ? 1UL : 0;
            case torch.ScalarType type:
                return (ulong)type;
            default:
                return (ulong)(long)argument;
        }
    }

    /// <summary>A value that may be absent.</summary>
    public readonly record struct Optional(object? Value);
}

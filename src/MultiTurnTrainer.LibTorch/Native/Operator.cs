using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>
/// An ATen operator found by name. Its signature is written as <c>name.overload(parameter, parameter?)</c>: the parameters
/// that a call gives, in the call's order, matched to the schema by name; the schema's defaults fill the rest. A trailing
/// <c>?</c> marks a parameter that older libtorch versions lack. So adding an operator is one line:
/// <c>public Tensor tanh() =&gt; Operator.Call("tanh(self)", this);</c>
/// </summary>
internal sealed unsafe class Operator
{
    private const int MaximumResults = 16;
    private static readonly ConcurrentDictionary<string, Operator> _known = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, bool> _exists = new(StringComparer.Ordinal);
    private readonly nint _plan;
    private readonly string _name;
    private readonly int _parameters;

    private Operator(string signature)
    {
        NativeApi.EnsureLoaded();
        int open = signature.IndexOf('(', StringComparison.Ordinal);
        string[] names = signature[(open + 1)..^1]
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string full = signature[..open];
        int dot = full.IndexOf('.', StringComparison.Ordinal);
        string name = dot < 0 ? full : full[..dot];
        _name = name.Contains("::", StringComparison.Ordinal) ? name : "aten::" + name;
        _parameters = names.Length;
        nint[] texts = [.. names.Select(Marshal.StringToCoTaskMemUTF8)];
        try
        {
            fixed (byte* nameBytes = Encoding.UTF8.GetBytes(_name + '\0'))
            fixed (byte* overload = Encoding.UTF8.GetBytes((dot < 0 ? "" : full[(dot + 1)..]) + '\0'))
            fixed (nint* parameters = texts)
            {
                _plan = NativeApi.Operator(nameBytes, overload, (byte**)parameters, texts.Length);
            }
        }
        finally
        {
            Array.ForEach(texts, Marshal.FreeCoTaskMem);
        }

        if (_plan == 0)
        {
            NativeApi.Check(-1, full.Contains("::", StringComparison.Ordinal) ? full : "aten::" + full);
        }
    }

    /// <summary>Whether this libtorch has an operator of that signature.</summary>
    public static bool Exists(string signature) =>
        _exists.GetOrAdd(
            signature,
            static text =>
            {
                try
                {
                    Get(text);
                    return true;
                }
                catch (TorchException)
                {
                    return false;
                }
            }
        );

    /// <summary>Calls and returns the one tensor that the operator gives.</summary>
    public static torch.Tensor Call(string signature, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue* results = stackalloc NativeValue[MaximumResults];
        int count = Get(signature).Invoke(arguments, results);
        return count == 1 && results[0].Kind == (int)ValueKind.Tensor
            ? torch.Tensor.Own(results[0].Pointer)
            : throw new InvalidOperationException($"{signature} does not return one tensor");
    }

    /// <summary>Calls an operator that changes <paramref name="self"/> in place, and returns it.</summary>
    public static torch.Tensor CallInPlace(string signature, torch.Tensor self, params ReadOnlySpan<Argument> others)
    {
        Argument[] arguments = [self, .. others];
        NativeValue* results = stackalloc NativeValue[MaximumResults];
        int count = Get(signature).Invoke(arguments, results);
        for (int i = 0; i < count; i++)
        {
            NativeApi.TensorFree(results[i].Pointer);
        }

        return self;
    }

    /// <summary>Calls and returns every tensor among the results, lists flattened; absent ones as null.</summary>
    public static torch.Tensor?[] CallMany(string signature, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue* results = stackalloc NativeValue[MaximumResults];
        int count = Get(signature).Invoke(arguments, results);
        List<torch.Tensor?> tensors = [];
        for (int i = 0; i < count; i++)
        {
            if (results[i].Kind == (int)ValueKind.TensorList)
            {
                foreach (nint handle in new ReadOnlySpan<nint>((void*)results[i].Pointer, results[i].Count))
                {
                    tensors.Add(torch.Tensor.OwnOrNull(handle));
                }
            }
            else if (results[i].Kind == (int)ValueKind.Tensor)
            {
                tensors.Add(torch.Tensor.OwnOrNull(results[i].Pointer));
            }
        }

        return [.. tensors];
    }

    /// <summary>Calls an operator that gives two tensors.</summary>
    public static (torch.Tensor First, torch.Tensor Second) CallTwo(
        string signature,
        params ReadOnlySpan<Argument> arguments
    )
    {
        torch.Tensor?[] results = CallMany(signature, arguments);
        return (results[0]!, results[1]!);
    }

    /// <summary>Calls an operator that gives one number.</summary>
    public static double CallNumber(string signature, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue* results = stackalloc NativeValue[MaximumResults];
        Get(signature).Invoke(arguments, results);
        return results[0].Kind == (int)ValueKind.Double ? results[0].Double : results[0].Bits;
    }

    /// <summary>Calls an operator that gives one whole number.</summary>
    public static long CallInteger(string signature, params ReadOnlySpan<Argument> arguments)
    {
        NativeValue* results = stackalloc NativeValue[MaximumResults];
        Get(signature).Invoke(arguments, results);
        return results[0].Kind == (int)ValueKind.Double ? (long)results[0].Double : results[0].Bits;
    }

    private static Operator Get(string signature) => _known.GetOrAdd(signature, static text => new Operator(text));

    private int Invoke(ReadOnlySpan<Argument> arguments, NativeValue* results)
    {
        if (arguments.Length != _parameters)
        {
            throw new ArgumentException(
                $"{_name} is declared with {_parameters} parameters and called with {arguments.Length}"
            );
        }

        NativeValue* values = stackalloc NativeValue[arguments.Length];
        long words = 0;
        foreach (ref readonly Argument argument in arguments)
        {
            words += argument.Reference switch
            {
                long[] list => list.Length,
                double[] list => list.Length,
                torch.Tensor?[] list => list.Length,
                string text => (text.Length / 2) + 2,
                _ => 0,
            };
        }

        long[]? rented = words > 512 ? new long[words] : null;
        long* stack = stackalloc long[words > 512 ? 0 : (int)words];
        fixed (long* heap = rented)
        {
            long* scratch = rented is null ? stack : heap;
            for (int i = 0; i < arguments.Length; i++)
            {
                scratch = Write(in arguments[i], ref values[i], scratch);
            }

            int count = 0;
            int code = NativeApi.Call(_plan, values, results, MaximumResults, &count);
            foreach (ref readonly Argument argument in arguments)
            {
                GC.KeepAlive(argument.Reference);
            }

            NativeApi.Check(code, _name);
            return count;
        }
    }

    // Writes one argument, its list into scratch; returns the next free word.
    private static long* Write(in Argument argument, ref NativeValue value, long* scratch)
    {
        value.Kind = (int)argument.Kind;
        value.Count = 0;
        switch (argument.Reference)
        {
            case torch.Tensor tensor:
                value.Pointer = tensor.Handle;
                return scratch;
            case long[] list:
                value.Pointer = (nint)scratch;
                value.Count = list.Length;
                list.CopyTo(new Span<long>(scratch, list.Length));
                return scratch + list.Length;
            case double[] list:
                value.Pointer = (nint)scratch;
                value.Count = list.Length;
                list.CopyTo(new Span<double>(scratch, list.Length));
                return scratch + list.Length;
            case torch.Tensor?[] list:
                value.Pointer = (nint)scratch;
                value.Count = list.Length;
                for (int i = 0; i < list.Length; i++)
                {
                    scratch[i] = list[i]?.Handle ?? 0;
                }

                return scratch + list.Length;
            case string text:
                value.Pointer = (nint)scratch;
                value.Count = Encoding.UTF8.GetBytes(
                    text,
                    new Span<byte>(scratch, ((text.Length / 2) + 2) * sizeof(long))
                );
                return scratch + (text.Length / 2) + 2;
            default:
                value.Bits = argument.Bits;
                return scratch;
        }
    }
}

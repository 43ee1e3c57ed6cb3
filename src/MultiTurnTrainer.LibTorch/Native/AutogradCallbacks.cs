using TorchSharp;
using static TorchSharp.torch;
using AutogradContext = TorchSharp.torch.autograd.AutogradContext;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>Custom functions: runs their forward, makes their node, and serves libtorch's calls to their backward.</summary>
internal static unsafe class AutogradCallbacks
{
    private static readonly ConcurrentDictionary<long, Entry> _entries = new();
    private static long _lastId;
    private static volatile Exception? _failure;

    private sealed record Entry(
        string Name,
        AutogradContext Context,
        Func<AutogradContext, List<Tensor>, List<Tensor>> Backward
    );

    /// <summary>Nodes that some graph still refers to.</summary>
    public static int LiveNodes => _entries.Count;

    public static void Register() =>
        NativeApi.SetCallbacks(
            (nint)(delegate* unmanaged<long, nint*, int, nint*, int, int>)&OnBackward,
            (nint)(delegate* unmanaged<long, void>)&OnRelease
        );

    public static List<Tensor> Apply(
        string name,
        Func<AutogradContext, object[], List<Tensor>> forward,
        Func<AutogradContext, List<Tensor>, List<Tensor>> backward,
        object[] arguments
    )
    {
        NativeApi.EnsureLoaded();
        List<Tensor> inputs = [];
        AutogradContext context = new() { Places = new int[arguments.Length] };
        for (int i = 0; i < arguments.Length; i++)
        {
            context.Places[i] = arguments[i] is Tensor ? inputs.Count : -1;
            if (arguments[i] is Tensor tensor)
            {
                inputs.Add(tensor);
            }
        }

        nint[] inputHandles = autograd.Handles(inputs);
        bool recorded;
        fixed (nint* pointer = inputHandles)
        {
            recorded = NativeApi.NeedsGrad(pointer, inputHandles.Length) != 0;
        }

        List<Tensor> outputs;
        using (no_grad())
        {
            outputs = forward(context, arguments);
        }

        if (recorded)
        {
            Record(name, context, backward, inputHandles, outputs);
        }

        GC.KeepAlive(inputs);
        context.DropSaved();
        return outputs;
    }

    public static List<Tensor> Unpack(AutogradContext context)
    {
        const int capacity = 64;
        nint* handles = stackalloc nint[capacity];
        int count = NativeApi.FunctionSaved(context.Node, handles, capacity);
        NativeApi.Check(count < 0 ? -1 : 0, "get_saved_variables");
        List<Tensor> tensors = [];
        for (int i = 0; i < count; i++)
        {
            tensors.Add(Tensor.OwnOrNull(handles[i])!);
        }

        return tensors;
    }

    /// <summary>As <see cref="NativeApi.Check"/>, with the exception of a managed backward as the cause.</summary>
    public static void Check(int code, string operation)
    {
        if (code != 0)
        {
            Exception? cause = _failure;
            _failure = null;
            throw new TorchException(operation, Marshal.PtrToStringUTF8((nint)NativeApi.Error()) ?? "", cause);
        }
    }

    private static void Record(
        string name,
        AutogradContext context,
        Func<AutogradContext, List<Tensor>, List<Tensor>> backward,
        nint[] inputs,
        List<Tensor> outputs
    )
    {
        long id = Interlocked.Increment(ref _lastId);
        _entries[id] = new Entry(name, context, backward);
        nint node;
        fixed (nint* inputPointer = inputs)
        fixed (nint* outputPointer = autograd.Handles(outputs))
        fixed (nint* savedPointer = autograd.Handles(context.Saved))
        fixed (byte* label = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int code = NativeApi.Function(
                id,
                label,
                inputPointer,
                inputs.Length,
                outputPointer,
                outputs.Count,
                savedPointer,
                context.Saved.Count,
                &node
            );
            NativeApi.Check(code, name);
        }

        context.Node = node;
    }

    [UnmanagedCallersOnly]
    private static int OnBackward(long id, nint* grads, int gradCount, nint* results, int resultCount)
    {
        try
        {
            using DisposeScope scope = NewDisposeScope();
            Entry entry = _entries[id];
            List<Tensor> given = [];
            for (int i = 0; i < gradCount; i++)
            {
                given.Add(Tensor.OwnOrNull(grads[i])!);
            }

            List<Tensor> made;
            using (no_grad())
            {
                made = entry.Backward(entry.Context, given);
            }

            int[] places = entry.Context.Places;
            if (made.Count != places.Length)
            {
                throw new InvalidOperationException(
                    $"the backward of {entry.Name} gives {made.Count} gradients for {places.Length} arguments"
                );
            }

            for (int i = 0; i < places.Length; i++)
            {
                if (places[i] >= 0 && places[i] < resultCount && made[i] is { } gradient)
                {
                    results[places[i]] = NativeApi.TensorAlias(gradient.Handle);
                }
            }

            return 0;
        }
        catch (Exception problem)
        {
            // An exception must not cross native frames: libtorch rethrows it as its own, Check attaches this one.
            _failure = problem;
            fixed (byte* message = Encoding.UTF8.GetBytes(problem.Message + '\0'))
            {
                NativeApi.SetManagedError(message);
            }

            return -1;
        }
    }

    [UnmanagedCallersOnly]
    private static void OnRelease(long id) => _entries.TryRemove(id, out _);
}

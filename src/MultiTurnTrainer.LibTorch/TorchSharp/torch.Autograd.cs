using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>Until disposed of, nothing is recorded for gradients on this thread.</summary>
    public static IDisposable no_grad() => new GradModeGuard(false);

    /// <summary>Gradients.</summary>
    public static partial class autograd
    {
        /// <summary>Gradients of the outputs' sum (weighted by <paramref name="grad_outputs"/>) with respect to the inputs.</summary>
        public static IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false
        )
        {
            nint[] from = Handles(outputs);
            nint[] to = Handles(inputs);
            nint[]? weights = grad_outputs is null ? null : Handles(grad_outputs);
            nint[] results = new nint[to.Length];
            fixed (nint* fromPointer = from)
            fixed (nint* toPointer = to)
            fixed (nint* weightPointer = weights)
            fixed (nint* resultPointer = results)
            {
                int code = NativeApi.Grad(
                    fromPointer,
                    weightPointer,
                    from.Length,
                    toPointer,
                    to.Length,
                    retain_graph || create_graph ? 1 : 0,
                    create_graph ? 1 : 0,
                    allow_unused ? 1 : 0,
                    resultPointer
                );
                GC.KeepAlive(outputs);
                GC.KeepAlive(inputs);
                GC.KeepAlive(grad_outputs);
                AutogradCallbacks.Check(code, "autograd.grad");
            }

            return [.. results.Select(handle => Tensor.OwnOrNull(handle)!)];
        }

        /// <summary>Adds the outputs' gradient to the <c>grad</c> of every leaf (or of the inputs named).</summary>
        public static void backward(
            IList<Tensor> tensors,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        )
        {
            nint[] from = Handles(tensors);
            nint[] to = inputs is null ? [] : Handles(inputs);
            nint[]? weights = grad_tensors is null ? null : Handles(grad_tensors);
            fixed (nint* fromPointer = from)
            fixed (nint* toPointer = to)
            fixed (nint* weightPointer = weights)
            {
                int code = NativeApi.Backward(
                    fromPointer,
                    weightPointer,
                    from.Length,
                    retain_graph is { } retain ? (retain ? 1 : 0) : -1,
                    create_graph ? 1 : 0,
                    toPointer,
                    to.Length
                );
                GC.KeepAlive(tensors);
                GC.KeepAlive(grad_tensors);
                GC.KeepAlive(inputs);
                AutogradCallbacks.Check(code, "backward");
            }
        }

        internal static nint[] Handles(IList<Tensor> tensors) => [.. tensors.Select(tensor => tensor?.Handle ?? 0)];
    }

    private sealed class GradModeGuard : IDisposable
    {
        private readonly int _before;

        public GradModeGuard(bool enabled)
        {
            NativeApi.EnsureLoaded();
            _before = NativeApi.GradMode(enabled ? 1 : 0);
        }

        public void Dispose() => _ = NativeApi.GradMode(_before);
    }
}

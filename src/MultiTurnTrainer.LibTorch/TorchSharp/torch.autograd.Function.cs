using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static unsafe partial class torch
{
    public static partial class autograd
    {
        /// <summary>What a forward leaves for its backward.</summary>
        public sealed class AutogradContext
        {
            private readonly Dictionary<string, object> _data = new(StringComparer.Ordinal);

            internal List<Tensor> Saved { get; private set; } = [];

            // The native node, valid while its backward runs.
            internal nint Node { get; set; }

            // Per argument of forward: its place among the tensors, or -1.
            internal int[] Places { get; set; } = [];

            /// <summary>Keeps tensors, without making cycles, until the graph is released.</summary>
            public void save_for_backward(List<Tensor> tensors) => Saved = tensors;

            /// <summary>The tensors kept by the forward.</summary>
            public List<Tensor> get_saved_variables() => AutogradCallbacks.Unpack(this);

            /// <summary>Keeps something else.</summary>
            public void save_data(string key, object value) => _data[key] = value;

            /// <summary>What was kept under the key, or null.</summary>
            public object? get_data(string key) => _data.GetValueOrDefault(key);

            internal void DropSaved() => Saved = [];
        }

        /// <summary>A function of several tensors, with a backward of its own.</summary>
        /// <typeparam name="T">The function itself.</typeparam>
        public abstract class MultiTensorFunction<T>
            where T : MultiTensorFunction<T>, new()
        {
            /// <summary>The name in error messages.</summary>
            public abstract string Name { get; }

            /// <summary>Computes the results; runs without recording.</summary>
            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            /// <summary>One gradient per argument of the forward, null for those that are no tensors.</summary>
            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            /// <summary>Runs the forward and ties its results into the graph.</summary>
            public static List<Tensor> apply(params object[] vars)
            {
                T function = new();
                return AutogradCallbacks.Apply(function.Name, function.forward, function.backward, vars);
            }
        }

        /// <summary>A function that gives one tensor, with a backward of its own.</summary>
        /// <typeparam name="T">The function itself.</typeparam>
        public abstract class SingleTensorFunction<T>
            where T : SingleTensorFunction<T>, new()
        {
            /// <summary>The name in error messages.</summary>
            public abstract string Name { get; }

            /// <summary>Computes the result; runs without recording.</summary>
            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            /// <summary>One gradient per argument of the forward, null for those that are no tensors.</summary>
            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            /// <summary>Runs the forward and ties its result into the graph.</summary>
            public static Tensor apply(params object[] vars)
            {
                T function = new();
                return AutogradCallbacks.Apply(
                    function.Name,
                    (ctx, arguments) => [function.forward(ctx, arguments)],
                    (ctx, grads) => function.backward(ctx, grads[0]),
                    vars
                )[0];
            }
        }
    }
}

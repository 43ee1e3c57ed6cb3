using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural networks.</summary>
    public static partial class nn
    {
        /// <summary>How losses are brought together.</summary>
        public enum Reduction
        {
            /// <summary>One per element.</summary>
            None = 0,

            /// <summary>Their mean.</summary>
            Mean = 1,

            /// <summary>Their sum.</summary>
            Sum = 2,
        }

        /// <summary>Layers as functions.</summary>
        public static partial class functional
        {
            /// <summary>input · weightᵀ + bias.</summary>
            public static Tensor linear(Tensor input, Tensor weight, Tensor? bias = null) =>
                Operator.Call("linear(input, weight, bias)", input, weight, bias);

            /// <summary>x * sigmoid(x).</summary>
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_() : x.silu();

            /// <summary>Gaussian error linear unit.</summary>
            public static Tensor gelu(Tensor x) => x.gelu();

            /// <summary>Cross-entropy of logits [N, V] against labels [N].</summary>
            public static Tensor cross_entropy(
                Tensor x,
                Tensor y,
                Tensor? weight = null,
                long ignore_index = -100L,
                Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0
            ) =>
                Operator.Call(
                    "cross_entropy_loss(self, target, weight, reduction, ignore_index, label_smoothing)",
                    x,
                    y,
                    weight,
                    (long)reduction,
                    ignore_index,
                    label_smoothing
                );
        }
    }
}

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

            /// <summary>Exponentials that sum to one along a dimension.</summary>
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            /// <summary>Logarithm of the softmax along a dimension.</summary>
            public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) =>
                input.log_softmax(dim, dtype);

            /// <summary>x * sigmoid(x).</summary>
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_() : x.silu();

            /// <summary>Gaussian error linear unit.</summary>
            public static Tensor gelu(Tensor x) => x.gelu();

            /// <summary>max(x, 0).</summary>
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();

            /// <summary>Zeros elements at random and scales the rest up.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                inplace
                    ? Operator.CallInPlace("dropout_(self, p, train)", input, p, training)
                    : Operator.Call("dropout(input, p, train)", input, p, training);

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

            /// <summary>softmax(query · keyᵀ / √d + mask) · value, per head: [batch, heads, tokens, d].</summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query,
                Tensor key,
                Tensor value,
                Tensor? attn_mask = null,
                double p = 0.0,
                bool is_casual = false
            ) =>
                Operator.Exists(Attention)
                    ? Operator.Call(Attention, query, key, value, attn_mask, p, is_casual)
                    // libtorch 1.13 has it under its first name, with the weights as a second result.
                    : Operator
                        .CallTwo(
                            "_scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal)",
                            query,
                            key,
                            value,
                            attn_mask,
                            p,
                            is_casual
                        )
                        .First;

            private const string Attention =
                "scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal)";

            /// <summary>A vector of length num_classes with a one at each number.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) =>
                Operator.Call("one_hot(self, num_classes)", x, num_classes);
        }
    }
}

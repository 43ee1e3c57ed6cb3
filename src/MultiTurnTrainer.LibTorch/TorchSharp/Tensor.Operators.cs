using MultiTurnTrainer.LibTorch.Native;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>A part, by number, range, tensor or ellipsis per dimension; writing replaces it.</summary>
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>A part, by number, range, tensor or ellipsis per dimension. Only tensor indices copy.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            (Tensor view, Tensor?[]? tensors) = View(indices);
            return tensors is null ? view : Operator.Call("index.Tensor(self, indices)", view, tensors);
        }

        /// <summary>Replaces a part.</summary>
        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            (Tensor view, Tensor?[]? tensors) = View(indices);
            if (tensors is null)
            {
                view.copy_(value);
            }
            else
            {
                Operator.CallInPlace("index_put_(self, indices, values)", view, tensors, value);
            }

            return this;
        }

        /// <summary>Sum.</summary>
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        /// <summary>Sum.</summary>
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        /// <summary>Sum.</summary>
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        /// <summary>Difference.</summary>
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        /// <summary>Difference.</summary>
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        /// <summary>Difference.</summary>
        public static Tensor operator -(Scalar left, Tensor right) =>
            Operator.Call("rsub.Scalar(self, other)", right, left);

        /// <summary>Negation.</summary>
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        /// <summary>Product, element by element.</summary>
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        /// <summary>Product.</summary>
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        /// <summary>Product.</summary>
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        /// <summary>Quotient, element by element.</summary>
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        /// <summary>Quotient.</summary>
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        /// <summary>Whether less, element by element; C# wants it beside the other.</summary>
        public static Tensor operator <(Tensor left, Scalar right) =>
            Operator.Call("lt.Scalar(self, other)", left, right);

        /// <summary>Whether greater, element by element.</summary>
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        // Applies numbers, ranges, new dimensions and the ellipsis as views; returns what is left for aten::index.
        private (Tensor View, Tensor?[]? Tensors) View(TensorIndex[] indices)
        {
            long consumed = indices.Count(index =>
                index.Kind is not (TensorIndexKind.None or TensorIndexKind.Ellipsis)
            );
            Tensor view = alias();
            List<Tensor?> tensors = [];
            bool advanced = false;
            long at = 0;
            foreach (TensorIndex index in indices)
            {
                Tensor before = view;
                switch (index.Kind)
                {
                    case TensorIndexKind.Single:
                        view = view.select(at, index.Start!.Value);
                        break;
                    case TensorIndexKind.Slice:
                        view = Operator.Call(
                            "slice.Tensor(self, dim, start, end, step)",
                            view,
                            at++,
                            index.Start,
                            index.Stop,
                            index.Step ?? 1L
                        );
                        tensors.Add(null);
                        break;
                    case TensorIndexKind.None:
                        view = view.unsqueeze(at++);
                        tensors.Add(null);
                        break;
                    case TensorIndexKind.Ellipsis:
                        for (long i = dim() - consumed; i > 0; i--)
                        {
                            tensors.Add(null);
                            at++;
                        }

                        break;
                    default:
                        tensors.Add(index.Index);
                        at += index.Index!.dtype == ScalarType.Bool ? index.Index.dim() : 1;
                        advanced = true;
                        break;
                }

                if (before != view)
                {
                    before.Dispose();
                }
            }

            return (view, advanced ? [.. tensors] : null);
        }

        private Tensor AfterUse(Tensor result, bool dispose)
        {
            if (dispose && result.Handle != Handle)
            {
                Dispose();
            }

            return result;
        }
    }
}

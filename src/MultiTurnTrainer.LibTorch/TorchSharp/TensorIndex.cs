namespace TorchSharp;

internal enum TensorIndexKind
{
    Single,
    Slice,
    Tensor,
    None,
    Ellipsis,
}

public static partial class torch
{
    /// <summary>What part of a dimension is meant.</summary>
    public readonly struct TensorIndex
    {
        /// <summary>All dimensions not named.</summary>
        public static readonly TensorIndex Ellipsis = new(TensorIndexKind.Ellipsis, null, null, null, null);

        /// <summary>A new dimension of length one.</summary>
        public static readonly TensorIndex None = new(TensorIndexKind.None, null, null, null, null);

        /// <summary>The whole dimension.</summary>
        public static readonly TensorIndex Colon = Slice();

        private TensorIndex(TensorIndexKind kind, long? start, long? stop, long? step, Tensor? index)
        {
            Kind = kind;
            Start = start;
            Stop = stop;
            Step = step;
            Index = index;
        }

        internal TensorIndexKind Kind { get; }

        internal long? Start { get; }

        internal long? Stop { get; }

        internal long? Step { get; }

        internal Tensor? Index { get; }

        /// <summary>Every step-th position from start to before stop; negative counts from the end.</summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new(TensorIndexKind.Slice, start, stop, step, null);

        /// <summary>One position; the dimension falls away.</summary>
        public static TensorIndex Single(long? index) => new(TensorIndexKind.Single, index ?? 0, null, null, null);

        /// <summary>Positions by number, or a mask.</summary>
        public static TensorIndex Tensor(Tensor tensor) => new(TensorIndexKind.Tensor, null, null, null, tensor);

        /// <summary>One position.</summary>
        public static implicit operator TensorIndex(long value) => Single(value);

        /// <summary>Positions by number, or a mask.</summary>
        public static implicit operator TensorIndex(Tensor value) => Tensor(value);

        /// <summary>A range; <c>^1</c> counts from the end.</summary>
        public static implicit operator TensorIndex(Range range) =>
            Slice(
                range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
                range.End.IsFromEnd ? (range.End.Value == 0 ? null : -range.End.Value) : range.End.Value
            );
    }
}

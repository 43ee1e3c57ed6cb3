namespace TorchSharp;

public static partial class torch
{
    /// <summary>The processor.</summary>
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>The current NVIDIA GPU.</summary>
    public static readonly Device CUDA = new(DeviceType.CUDA);

    /// <summary>32-bit signed.</summary>
    public static readonly ScalarType int32 = ScalarType.Int32;

    /// <summary>64-bit signed.</summary>
    public static readonly ScalarType int64 = ScalarType.Int64;

    /// <summary>IEEE single.</summary>
    public static readonly ScalarType float32 = ScalarType.Float32;

    /// <summary>IEEE double.</summary>
    public static readonly ScalarType float64 = ScalarType.Float64;

    /// <summary>Single with its mantissa cut to 8 bits.</summary>
    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;

    /// <summary>Element types, with libtorch's numbers.</summary>
    public enum ScalarType : sbyte
    {
        /// <summary>8-bit unsigned.</summary>
        Byte = 0,

        /// <summary>8-bit signed.</summary>
        Int8 = 1,

        /// <summary>16-bit signed.</summary>
        Int16 = 2,

        /// <summary>32-bit signed.</summary>
        Int32 = 3,

        /// <summary>64-bit signed.</summary>
        Int64 = 4,

        /// <summary>IEEE half.</summary>
        Float16 = 5,

        /// <summary>IEEE single.</summary>
        Float32 = 6,

        /// <summary>IEEE double.</summary>
        Float64 = 7,

        /// <summary>Truth values.</summary>
        Bool = 11,

        /// <summary>Single with its mantissa cut to 8 bits.</summary>
        BFloat16 = 15,
    }

    /// <summary>Where a tensor lies.</summary>
    public sealed class Device : IEquatable<Device>
    {
        /// <summary>A device by its description: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
        public Device(string description)
        {
            string[] parts = description.Split(':');
            type = parts[0] switch
            {
                "cpu" => DeviceType.CPU,
                "cuda" => DeviceType.CUDA,
                _ => throw new ArgumentException($"unknown device '{description}'; cpu, cuda or cuda:N"),
            };
            if (parts.Length == 2)
            {
                index = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw new ArgumentException($"unknown device '{description}'; cpu, cuda or cuda:N");
            }
        }

        /// <summary>A device by kind and index; -1 is the current one.</summary>
        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        internal Device(long packed)
            : this((DeviceType)(packed >> 16), (short)(packed & 0xffff)) { }

        /// <summary>The kind.</summary>
        public DeviceType type { get; }

        /// <summary>The index, or -1 for the current one.</summary>
        public int index { get; } = -1;

        // As Cpp/handles.h packs it.
        internal long Packed => ((long)type << 16) | (ushort)(short)index;

        /// <inheritdoc/>
        public bool Equals(Device? other) => other is not null && other.type == type && other.index == index;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as Device);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(type, index);

        /// <inheritdoc/>
        public override string ToString() =>
            (type == DeviceType.CPU ? "cpu" : "cuda") + (index < 0 ? "" : Invariant($":{index}"));
    }
}

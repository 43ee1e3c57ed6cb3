using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>The tensors that make up a quantised weight: found, checked and read.</summary>
internal static class WeightParts
{
    private const int PieceBytes = 1 << 26;

    /// <summary>A part that must be there.</summary>
    /// <param name="folder">The weights.</param>
    /// <param name="name">The part.</param>
    /// <param name="count">How many elements it must have.</param>
    /// <param name="types">Which types it may have.</param>
    public static Part Require(WeightFolder folder, string name, long count, params SafetensorsType[] types)
    {
        Part part = Require(folder, name);
        string[] names = [.. types.Select(type => type.Name())];
        return !types.Contains(part.Entry.Type)
                ? throw part.Wrong($"is {part.Entry.Type.Name()}, {string.Join(" or ", names)} is needed")
            : part.Entry.Count != count
                ? throw part.Wrong($"has {Counted.Of(part.Entry.Count, "element")}, {count} are needed")
            : part;
    }

    /// <inheritdoc cref="Require(WeightFolder, string, long, SafetensorsType[])"/>
    public static Part Require(WeightFolder folder, string name) =>
        folder.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry)
            ? new Part(file, entry)
            : throw new MttException(
                $"{folder.Folder}: the weights lack '{name}', which belongs to a quantised weight",
                "The download is not whole: fetch the weights again."
            );

    /// <summary>A tensor of a file.</summary>
    internal sealed record Part(SafetensorsFile File, SafetensorsEntry Entry)
    {
        /// <summary>Its bytes on the processor, one after the other, outside every scope.</summary>
        public Tensor Bytes()
        {
            Tensor bytes = empty([Entry.Length], ScalarType.Byte).DetachFromDisposeScope();
            try
            {
                for (long done = 0; done < Entry.Length; done += PieceBytes)
                {
                    using Tensor piece = bytes.narrow(0, done, Math.Min(PieceBytes, Entry.Length - done));
                    File.Read(Entry, done, piece.bytes);
                }

                return bytes;
            }
            catch
            {
                bytes.Dispose();
                throw;
            }
        }

        /// <summary>Its numbers, F32, BF16 or F16, in single precision.</summary>
        public float[] Numbers()
        {
            byte[] bytes = File.Bytes(Entry);
            FiniteNumbers.Require(bytes, File, Entry);
            return Entry.Type switch
            {
                SafetensorsType.F32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
                SafetensorsType.F16 => Array.ConvertAll(
                    MemoryMarshal.Cast<byte, Half>(bytes).ToArray(),
                    number => (float)number
                ),
                _ => Array.ConvertAll(
                    MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(),
                    number => BitConverter.UInt32BitsToSingle((uint)number << 16)
                ),
            };
        }

        /// <summary>The error for what it holds.</summary>
        public MttException Wrong(string what, Exception? inner = null) =>
            new($"{File.Path}: '{Entry.Name}' {what}", "The weights are damaged: fetch or write them again.", inner);
    }
}

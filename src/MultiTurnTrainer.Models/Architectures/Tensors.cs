// Shapes: n values of a tensor.
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Tensors from and to managed memory and files.</summary>
internal static class Tensors
{
    private const int CopyBytes = 1 << 28;

    /// <summary>A tensor with the given values, outside every dispose scope.</summary>
    public static Tensor From(ReadOnlySpan<float> values, long[] shape, ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty(shape, dtype: ScalarType.Float32);
        MemoryMarshal.AsBytes(values).CopyTo(host.bytes);
        return host.to(type).to(device).DetachFromDisposeScope();
    }

    /// <summary>A tensor of token ids, as lookups want them, outside every dispose scope.</summary>
    public static Tensor Ids(ReadOnlySpan<int> ids, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty([ids.Length], dtype: ScalarType.Int64);
        Span<long> target = MemoryMarshal.Cast<byte, long>(host.bytes);
        for (int i = 0; i < ids.Length; i++)
        {
            target[i] = ids[i];
        }

        return host.to(device).DetachFromDisposeScope();
    }

    /// <summary>A float tensor's values, copied to the host in single precision.</summary>
    public static float[] ToArray(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return Floats(tensor).ToArray();
    }

    /// <summary>A float tensor's values on the host in single precision: valid until the surrounding dispose scope ends.</summary>
    public static ReadOnlySpan<float> Floats(Tensor tensor)
    {
        using IDisposable quiet = no_grad();
        return MemoryMarshal.Cast<byte, float>(tensor.detach().to(ScalarType.Float32).cpu().contiguous().bytes);
    }

    /// <summary>Reads a tensor of a file into a type and onto a device, outside every dispose scope.</summary>
    public static Tensor Load(SafetensorsFile file, SafetensorsEntry entry, ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty(entry.Shape, dtype: TypeOf(entry.Type));
        Tensor flat = host.view(-1); // [n]
        long step = CopyBytes / (entry.Type.Bits() / 8);
        for (long done = 0; done < entry.Count; done += step)
        {
            long count = Math.Min(step, entry.Count - done);
            using Tensor part = flat.narrow(0, done, count);
            Span<byte> target = part.bytes;
            file.Read(entry, done * entry.Type.Bits() / 8, target);
            FiniteNumbers.Require(target, file, entry);
        }

        return host.to(type).to(device).DetachFromDisposeScope();
    }

    /// <summary>A piece for the writer, in the given type; the tensor must live until it is written.</summary>
    public static SafetensorsPiece Piece(string name, Tensor tensor, SafetensorsType type) =>
        new(name, type, tensor.shape, stream => Write(stream, tensor, TypeOf(type)));

    /// <summary>The torch type of a stored one.</summary>
    public static ScalarType TypeOf(SafetensorsType type) =>
        type switch
        {
            SafetensorsType.F32 => ScalarType.Float32,
            SafetensorsType.BF16 => ScalarType.BFloat16,
            SafetensorsType.F16 => ScalarType.Float16,
            SafetensorsType.F64 => ScalarType.Float64,
            _ => throw new Files.MttException(
                $"weights of type {type.Name()} are not supported",
                "Supported: F32, BF16, F16, F64."
            ),
        };

    private static void Write(Stream stream, Tensor tensor, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor flat = tensor.detach().to(type).cpu().contiguous().view(-1); // [n]
        long step = CopyBytes / flat.ElementSize;
        for (long done = 0; done < flat.numel(); done += step)
        {
            using Tensor part = flat.narrow(0, done, Math.Min(step, flat.numel() - done));
            stream.Write(part.bytes);
        }
    }
}

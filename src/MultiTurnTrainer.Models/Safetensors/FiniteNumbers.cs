using System.Numerics;

namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>Finds NaN and infinity in stored floats: all bits of the exponent are set.</summary>
internal static class FiniteNumbers
{
    /// <summary>Refuses a part of a stored tensor in which a number is not finite.</summary>
    /// <exception cref="MttException">One is NaN or infinity.</exception>
    public static void Require(ReadOnlySpan<byte> part, SafetensorsFile file, SafetensorsEntry entry)
    {
        if (!Only(part, entry.Type))
        {
            throw new MttException(
                $"{file.Path}: '{entry.Name}' holds numbers that are not finite (NaN or infinity)",
                "A model computes nothing with them: fetch the file again, or take an earlier checkpoint."
            );
        }
    }

    /// <summary>Whether all numbers of a tensor are finite.</summary>
    /// <param name="bytes">The numbers, aligned.</param>
    /// <param name="type">How they are stored; other types than floats are always finite.</param>
    public static bool Only(ReadOnlySpan<byte> bytes, SafetensorsType type) =>
        type switch
        {
            SafetensorsType.F32 => !Any(bytes, 0x7F80_0000u),
            SafetensorsType.BF16 => !Any(bytes, (ushort)0x7F80),
            SafetensorsType.F16 => !Any(bytes, (ushort)0x7C00),
            SafetensorsType.F64 => !Any(bytes, 0x7FF0_0000_0000_0000ul),
            _ => true,
        };

    private static bool Any<T>(ReadOnlySpan<byte> bytes, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(bytes);
        Vector<T> mask = new(exponent);
        int i = 0;
        for (; i <= numbers.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            if (Vector.EqualsAny(new Vector<T>(numbers[i..]) & mask, mask))
            {
                return true;
            }
        }

        for (; i < numbers.Length; i++)
        {
            if ((numbers[i] & exponent) == exponent)
            {
                return true;
            }
        }

        return false;
    }
}
